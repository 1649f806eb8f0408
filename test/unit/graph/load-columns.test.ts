import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(load: object, from: object = { connection: "lake", files: { titles: "t.csv" } }): readonly string[] {
  const validation = validatePipeline({
    connections: {
      w: { postgres: {} },
      lake: { s3: { bucket: "lake" } },
      api: { http: { baseUrl: "https://a.example" } },
    },
    nodes: {
      e: {
        extract: {
          from: { connection: "w", tables: ["films", "shop.ord*"] },
          to: { connection: "lake", prefix: "p/" },
        },
      },
      raw: {
        load: { from, to: { connection: "w", schema: "raw", ...("http" in from ? { table: "posts" } : {}) }, ...load },
      },
    },
  });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

test.each<[string, object, object | undefined, ...string[]]>([
  [
    "types",
    { columns: { title: { id: "int" } } },
    undefined,
    "columns.title: the load has no table title; did you mean titles?",
  ],
  ["new names", { rename: { zzz: { a: "b" } } }, undefined, "rename.zzz: the load has no table zzz; it has: titles"],
  [
    "types of an answer",
    { columns: { users: { id: "int" } } },
    { connection: "api", http: { path: "posts" } },
    "columns.users: the load has no table users; it has: posts",
  ],
  [
    "types of what a node extracts",
    { columns: { film: { id: "int" }, orders: { id: "int" }, words: { id: "int" } } },
    { connection: "lake", node: "e" },
    "columns.film: the load has no table film; did you mean films?",
    "columns.words: the load has no table words; it has: films, ord*",
  ],
])("%s of a table that the load does not have are found", (_what, load, from, ...messages) => {
  expect(problems(load, from)).toEqual(messages.map((message) => `spec.nodes[raw].load.${message}`));
});

const headerless = (csv: object) => ({
  connection: "lake",
  files: { titles: "t.csv" },
  format: { csv: { header: false, ...csv } },
});

test.each<[string, object, object | undefined, string]>([
  [
    "a column under its old name",
    { columns: { titles: { Id: "int" } }, rename: { titles: { Id: "id" } } },
    undefined,
    "columns.titles.Id: load.rename gives column Id of titles the name id; use that one",
  ],
  [
    "a key under its old name",
    { mode: "merge", key: ["Id"], rename: { titles: { Id: "id" } } },
    undefined,
    "key[0]: load.rename gives column Id of titles the name id; use that one",
  ],
  [
    "a column that the manifest does not name",
    { columns: { titles: { name: "text" } } },
    headerless({ columns: ["id", "title"] }),
    "columns.titles.name: load.from.format.csv.columns names no column name; it has: id, title",
  ],
  [
    "a name in files without names",
    { columns: { titles: { name: "text" } } },
    headerless({}),
    "columns.titles.name: files without a header have the columns column_1, column_2 and so on, and not name",
  ],
])("%s is found", (_what, load, from, message) => {
  expect(problems(load, from)).toEqual([expect.stringContaining(`spec.nodes[raw].load.${message}`)]);
});

test.each<[string, object, object | undefined]>([
  ["a column under its new name", { columns: { titles: { id: "int" } }, rename: { titles: { Id: "id" } } }, undefined],
  [
    "names that are exchanged",
    { columns: { titles: { a: "int" } }, rename: { titles: { a: "b", b: "a" } } },
    undefined,
  ],
  ["two names of one column", { columns: { titles: { v: "int" } }, rename: { titles: { w: "v", u: "v" } } }, undefined],
  [
    "a column of the manifest, renamed",
    { columns: { titles: { k: "int" } }, rename: { titles: { id: "k" } } },
    headerless({ columns: ["id"] }),
  ],
  ["a numbered column", { columns: { titles: { column_12: "int" } } }, headerless({})],
  ["a column of a header", { columns: { titles: { any: "int" } } }, undefined],
])("%s may be there", (_what, load, from) => {
  expect(problems(load, from)).toEqual([]);
});

test.each([
  ["serial", "serial is a column that numbers itself, and no type: write integer or bigint"],
  ["varchar(0)", "expected a length of at least 1, found varchar(0)"],
  ["character varying(0)", "expected a length of at least 1, found character varying(0)"],
  ["numeric(5000,2)", "expected 1 to 1000 digits, found numeric(5000,2)"],
  ["decimal(0)", "expected 1 to 1000 digits, found decimal(0)"],
])("the impossible type %s is named with its column", (type, message) => {
  expect(problems({ columns: { titles: { x3: type } } })).toEqual([
    `spec.nodes[raw].load.columns.titles.x3: ${message}`,
  ]);
});

test.each([
  "numeric(1000,2)",
  "varchar(1)",
  "timestamp(0)",
  "interval second(0)",
  "raw.mood",
  "int[]",
  "time(0) with time zone",
])("%s may be a type", (type) => {
  expect(problems({ columns: { titles: { x: type } }, rename: { titles: { X: "x" } } })).toEqual([]);
});
