import { describe, expect, test } from "vitest";
import { type LineageNode, projectLineage } from "../../../../task-image/docs/lineage/project-lineage.ts";

const AT = { database: "w", schema: "raw", isEphemeral: false, sql: null };
/** Two tables and one whose columns nobody knows. */
const TABLES: readonly LineageNode[] = [
  { ...AT, id: "a", name: "a", columns: ["id", "x", "genres"] },
  { ...AT, id: "b", name: "b", columns: ["id", "y"] },
  { ...AT, id: "u", name: "u", columns: undefined },
];

/** What each column of a query comes from: `a.x`, and `~a.x` where it is computed. */
async function originsOf(
  sql: string,
  more: readonly LineageNode[] = [],
): Promise<Readonly<Record<string, string>> | undefined> {
  const node = { ...AT, id: "m", name: "m", columns: undefined, sql };
  const lineage = (await projectLineage([...TABLES, ...more, node])).get("m");
  if (lineage === undefined) return undefined;
  const said = [...lineage].map(([name, origins]) => {
    const texts = origins.map((each) => `${each.isSame ? "" : "~"}${each.node}.${each.column}`);
    return [name, texts.join(" ")] as const;
  });
  return Object.fromEntries(said);
}

describe("the columns of a query come from", () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ["the columns that it names", "select id, x as z from raw.a", { id: "a.id", z: "a.x" }],
    ["what they are computed of", "select x + id as n, x::text from raw.a", { n: "~a.x ~a.id", x: "~a.x" }],
    ["no column where it counts", "select count(*) as n, 1 as one from raw.a", { n: "", one: "" }],
    ["a star, in the order of the table", 'select * from "w"."raw"."a"', { id: "a.id", x: "a.x", genres: "a.genres" }],
    ["the star of an alias", "select t.* from raw.b as t, raw.a", { id: "b.id", y: "b.y" }],
    [
      "CTEs through each other",
      "with c as (select x as p from raw.a), d as (select p as q from c) select q from d",
      { q: "a.x" },
    ],
    ["columns that a CTE renames", "with c (p) as (select x from raw.a) select p from c", { p: "a.x" }],
    ["a CTE rather than a table of its name", "with a as (select y from raw.b) select y from a", { y: "b.y" }],
    ["subqueries", "select s.n from (select x as n from raw.a) as s", { n: "a.x" }],
    [
      "the left side of USING",
      "select * from raw.a join raw.b using (id)",
      { id: "a.id", x: "a.x", genres: "a.genres", y: "b.y" },
    ],
    ["the right side of a right join", "select id from raw.a right join raw.b using (id)", { id: "b.id" }],
    ["both sides of a full join", "select id from raw.a full join raw.b using (id)", { id: "a.id b.id" }],
    ["both sides of a natural full join", "select id from raw.a natural full join raw.b", { id: "a.id b.id" }],
    ["all parts of a union", "select x as n from raw.a union all select y from raw.b", { n: "a.x b.y" }],
    ["the first part of except", "select x as n from raw.a except select y from raw.b", { n: "a.x" }],
    ["arguments of a function in FROM", "select g from raw.a cross join unnest(a.genres) as g", { g: "~a.genres" }],
    [
      "those that are named behind it",
      "select t.p, t.q from raw.a, unnest(genres) with ordinality as t(p, q)",
      { p: "~a.genres", q: "~a.genres" },
    ],
    ["a query in parentheses", "select (select max(y) from raw.b where b.id = a.id) as m from raw.a", { m: "~b.y" }],
    ["columns around a query", "select (select a.x + y from raw.b) as m from raw.a", { m: "~a.x ~b.y" }],
    ["lateral queries", "select l.n from raw.a, lateral (select a.x as n) as l", { n: "a.x" }],
    [
      "windows that have a name",
      "select sum(x) over w as s from raw.a window w as (partition by id)",
      { s: "~a.x ~a.id" },
    ],
    ["values of no table", "select p from (values (1), (2)) as v(p)", { p: "" }],
    ["a table without known columns, if it is named", "select u.q, a.x from raw.u, raw.a", { q: "u.q", x: "a.x" }],
    ["the only table, if its columns are not known", "select q from raw.u", { q: "u.q" }],
    [
      "the one that has no known columns, for a name that no other one has",
      "select q, x from raw.u, raw.a",
      { q: "u.q", x: "a.x" },
    ],
  ])("%s", async (_, sql, origins) => {
    expect(await originsOf(sql)).toEqual(origins);
  });

  test("ephemeral models as models of their own", async () => {
    const passing = {
      ...AT,
      id: "p",
      name: "passing",
      columns: undefined,
      isEphemeral: true,
      sql: "select x as n from raw.a",
    };
    const sql = "with __dbt__cte__passing as (\nselect x as n from raw.a\n) select n as z from __dbt__cte__passing";
    expect(await originsOf(sql, [passing])).toEqual({ z: "p.n" });
  });
});

describe("nothing is guessed:", () => {
  test.each<[string, string, Readonly<Record<string, string>> | undefined]>([
    ["a star over unknown columns tells nothing", "select * from raw.u", undefined],
    ["a star beside unknown columns neither", "select a.*, u.* from raw.a, raw.u", undefined],
    ["a name that two unknown tables may have", "select q from raw.u, raw.u as v", {}],
    ["a name that a query around may have", "select (select q from raw.u) as m from raw.a", {}],
    ["a table without a schema", "select id from a", {}],
    ["a table that is not the project's", "select t.id from other.t", {}],
    ["a natural join over unknown columns", "select id from raw.a natural join raw.u", {}],
    [
      "a query that reads itself",
      "with recursive r as (select id from raw.a union all select id + 1 from r) select id from r",
      {},
    ],
    ["whether there is a row", "select exists (select 1 from raw.b) as e, x from raw.a", { x: "a.x" }],
    ["two columns of one name", "select a.id, b.id from raw.a, raw.b", {}],
    ["a whole row", "select a as r from raw.a", {}],
    ["a column that is not there", "select a.gone, x from raw.a", { x: "a.x" }],
    ["a join behind an alias", "select j.x from (raw.a join raw.b on true) as j", {}],
    ["more than one statement", "select 1; select 2", undefined],
    ["no query", "delete from raw.a", undefined],
    ["no SQL", "not even sql", undefined],
    ["a nesting without end", `select ${"(".repeat(20_000)}1${")".repeat(20_000)}`, undefined],
  ])("%s", async (_, sql, origins) => {
    expect(await originsOf(sql)).toEqual(origins);
  });

  test("a column that the database does not have is left out", async () => {
    const nodes = [...TABLES, { ...AT, id: "m", name: "m", columns: ["z"], sql: "select x as z, id from raw.a" }];
    expect([...((await projectLineage(nodes)).get("m") ?? [])].map(([name]) => name)).toEqual(["z"]);
  });
});
