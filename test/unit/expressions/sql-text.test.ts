import fc from "fast-check";
import { loadModule, type Node, parseSync } from "libpg-query";
import { beforeAll, describe, expect, test } from "vitest";
import { resolveSql, sqlProblem } from "../../../operator/expressions/sql-text.ts";

const RUN = {
  scheduled: "2026-12-01T05:00:00Z",
  timeZone: "Europe/Berlin",
  params: {
    name: "it's",
    path: "a\\b'",
    limit: 5,
    below: -1,
    full: true,
    day: "2026-12-01",
    kinds: ["a", "b'c", 3],
    none: [],
  },
  nodes: { raw: { state: "Succeeded" as const, rows: 7 } },
};

beforeAll(() => loadModule());

describe("an expression becomes a literal of its own", () => {
  test.each([
    ["SELECT * FROM t WHERE name = $(params.name)", "SELECT * FROM t WHERE name = 'it''s'"],
    ["WHERE n<$(params.limit) AND m=$(params.below)", "WHERE n<5 AND m=(-1)"],
    ["full = $(params.full) OR x IS NOT DISTINCT FROM $(params.missing)", "full = TRUE OR x IS NOT DISTINCT FROM NULL"],
    ["kind IN $(params.kinds) OR kind IN $(params.none)", "kind IN ('a', 'b''c', 3) OR kind IN (NULL)"],
    [
      "at >= $(run.scheduled) AND day = $(params.day) AND h = $(run.scheduled:%H)",
      "at >= '2026-12-01T05:00:00Z' AND day = '2026-12-01' AND h = '06'",
    ],
    ["(SELECT count(*) FROM t) = $(nodes.raw.rows)", "(SELECT count(*) FROM t) = 7"],
    ["-- of 'all'\nname = $(params.name) /* it's */", "-- of 'all'\nname = 'it''s' /* it's */"],
    [`"odd'name" = $(params.name)`, `"odd'name" = 'it''s'`],
    ["E$(params.name)||'a'$(params.name)", "E 'it''s' ||'a' 'it''s'"],
    ["$(params.name)$(params.name)", "'it''s'  'it''s'"],
    ["$(nodes.raw.commit) = $(jq.id)", "$(nodes.raw.commit) = $(jq.id)"],
    ["body = $$a$$ and '\\' and $$(params.name)", "body = $$a$$ and '\\' and $$(params.name)"],
  ])("%s", (sql, resolved) => {
    expect(sqlProblem(sql)).toBeUndefined();
    expect(resolveSql(sql, RUN, "postgres")).toBe(resolved);
  });

  test.each([
    ["postgres", "p = E'a\\\\b'''"],
    ["redshift", "p = 'a\\\\b'''"],
    ["snowflake", "p = 'a\\\\b'''"],
  ] as const)("with a backslash as %s reads it", (dialect, resolved) => {
    expect(resolveSql("p = $(params.path)", RUN, dialect)).toBe(resolved);
  });
});

describe("an expression is refused", () => {
  test.each([
    ["name = '$(params.name)'", "$(params.name) stands within quotation marks"],
    ["name = 'it''s $(params.name)'", "stands within quotation marks"],
    ['SELECT "$(params.name)"', "stands within quotation marks"],
    ["a = 1 -- $(params.name)", "stands within a comment"],
    ["a /* $(params.name) */", "stands within a comment"],
    ["a /* b /* c */ $(params.name) */", "are not closed"],
    ["a = 'b AND c = $(params.name)", "are not closed"],
    ["a = $(params.name) AND b = 'c", "are not closed"],
    ["a = 'b\\' OR c = $(params.name) --'", "has no backslash and no $$"],
    ["a = $$b$$ AND c = $(params.name)", "has no backslash and no $$"],
    ["a = $x$b $(params.name)$x$", "has no backslash and no $$"],
  ])("%s", (sql, message) => {
    expect(sqlProblem(sql)).toContain(message);
    expect(resolveSql(sql, RUN, "postgres")).toBe(sql);
  });
});

test("whatever stands in a value, Postgres reads one constant with that value", () => {
  const text = fc.oneof(
    fc.string(),
    fc.string({ unit: fc.constantFrom("'", "\\", '"', "$", "-", "/", "*", "\n", ";", "a") }),
  );
  fc.assert(
    fc.property(
      text.filter((value) => !value.includes("\0") && value.isWellFormed()),
      (value) => {
        const sql = resolveSql("SELECT $(params.value)", { params: { value } }, "postgres");
        const { stmts = [] } = parseSync(sql) as { stmts?: { stmt?: Node }[] };
        expect(stmts).toHaveLength(1);
        expect(JSON.stringify(stmts[0]?.stmt)).toContain(`"sval":${JSON.stringify({ sval: value })}`);
      },
    ),
    { numRuns: 300 },
  );
});
