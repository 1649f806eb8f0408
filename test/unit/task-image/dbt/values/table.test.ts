import { expect, test } from "vitest";
import { readSeed } from "../../../../../task-image/dbt/context/seed-table.ts";
import { toSource } from "../../../../../task-image/jinja/values/text-form.ts";
import { dbtErrorOf, renderDbt } from "../../../jinja/dbt-render.ts";

const table = readSeed("seeds/t.csv", 'n,name,at\n2,"b, c",2024-01-02\n1,a,2024-1-1\n,null,\n', {});

/** An expression of a table, and what dbt prints for agate's. */
const CASES: readonly (readonly [string, string])[] = [
  ["t.column_names", "('n', 'name', 'at')"],
  ["t.rows | length", "3"],
  ["t.rows[0]['name'] ~ t.rows[0][1] ~ t.rows[0].name", "b, cb, cb, c"],
  ["t.rows[1].values()", "(Decimal('1'), 'a', datetime.date(2024, 1, 1))"],
  ["t.rows[0].dict()['n']", "2"],
  ["t.rows[0].keys()", "('n', 'name', 'at')"],
  ["t.rows[0]", "<agate.Row: (Decimal('2'), 'b, c', datetime.date(2024, 1, 2))>"],
  ["t.rows[0].get('nope', 'x')", "x"],
  ["t.columns['n'].values()", "(Decimal('2'), Decimal('1'), None)"],
  ["t.columns[1].name ~ t.columns[1].index", "name1"],
  ["t.columns['n'].values_without_nulls()", "(Decimal('2'), Decimal('1'))"],
  ["t.columns['n'].values_sorted()", "[Decimal('1'), Decimal('2')]"],
  ["t.columns.n.data_type", "Number"],
  ["t.select(['name']).rows[1].values()", "('a',)"],
  ["t.exclude(['name', 'at']).column_names", "('n',)"],
  ["t.rename({'n': 'm'}).column_names", "('m', 'name', 'at')"],
  ["t.rename(['a', 'b', 'c']).columns['b'].values()[1]", "a"],
  ["t.limit(1).rows | length", "1"],
  ["t.limit(1, 3).rows[0].name", "a"],
  ["t.order_by('n').rows[0].name", "a"],
  ["t.distinct('n').rows | length", "3"],
  ["t.merge([t, t]).rows | length", "6"],
  ["t.join(t.select(['n', 'name']), 'n').column_names", "('n', 'name', 'at', 'name2')"],
  ["t.join(t.select(['n', 'name']), ['n']).rows[1].values()", "(Decimal('1'), 'a', datetime.date(2024, 1, 1), 'a')"],
  ["t.join(t.limit(1).select(['n', 'name']), 'n').rows[1]['name2']", "None"],
];

test.each(CASES)("%s is %s", (expression, expected) => {
  expect(renderDbt(`{{ ${expression} }}`, { t: table })).toBe(expected);
});

test("a loop over a table passes through its rows, and a row is unpacked into names", () => {
  const source = "{% for row in t %}{{ row.name }};{% endfor %}{% for n, name, at in t.rows %}{{ n }};{% endfor %}";
  expect(renderDbt(source, { t: table })).toBe("b, c;a;None;2;1;None;");
});

test("a column that a table does not have is named with those that it has", () => {
  expect(dbtErrorOf(() => renderDbt("{{ t.select('x') }}", { t: table }))).toContain(
    "the table has no column 'x': it has n, name, at",
  );
});

/** Cells of one column of a seed, and the type that agate guesses. */
const GUESSES: readonly (readonly [readonly string[], string])[] = [
  [["1", "2"], "Number"],
  [["1.0", "-2e3"], "Number"],
  [["$1,000", "20%", "€5"], "Number"],
  [["1", "x"], "Text"],
  [["2024-01-31", "2024-1-2"], "Date"],
  [["2024-01-31 10:00:00", "2024-1-2 3:04:05"], "DateTime"],
  [["2024-01-31T10:00:00Z", "20240131T1000"], "DateTime"],
  // A column has one form of time or the other.
  [["2024-01-31T10:00:00", "2024-01-31 10:00:00"], "Text"],
  [["2024-01-31", "2024-01-31 10:00:00"], "Text"],
  [["2024-01-31 10:00:00.5"], "Text"],
  [["1_000", "--5", "$-5", "5 %", ".5", "5.", "nan"], "Number"],
  [["-"], "Text"],
  [["true", "FALSE", ""], "Boolean"],
  [["", "null", " NULL "], "Number"],
  [["2024-02-30"], "Text"],
  [["10:00:00"], "Text"],
  [["0x10"], "Text"],
];

test.each(GUESSES)("%j has the type %s", (cells, expected) => {
  expect(readSeed("s.csv", ["c", ...cells.map((cell) => `"${cell}"`)].join("\n"), {}).types).toEqual([expected]);
});

test("columns of column_types stay text, so that leading zeros survive", () => {
  const seed = readSeed("s.csv", "code,n\n007,007", { column_types: { code: "varchar" } });
  expect(seed.types).toEqual(["Text", "Number"]);
  expect(seed.cells[0]?.[0]).toBe("007");
});

test.each([
  ["a,a,\n1,2,3", ["a", "a_2", "c"]],
  ["\ufeffid,name\n1,x", ["id", "name"]],
])("the header %j names the columns %j", (text, expected) => {
  expect(readSeed("s.csv", text, {}).names).toEqual(expected);
});

test.each([
  ["a,b\n1,2\n\n3\n", "[[Decimal('1'), Decimal('2')], [None, None], [Decimal('3'), None]]"],
  ['a,b\r\n"x\ny", z \r\n x ,"y" z', "[['x\\ny', ' z '], [' x ', 'y z']]"],
  ['a\nx"y\n""""\n', "[['x\"y'], ['\"']]"],
  ["a,b\n", "[]"],
  ["a;b\n1;2,5\n", "[[Decimal('1'), Decimal('25')]]", ";"],
])("%j holds %s", (text, expected, delimiter = ",") => {
  expect(toSource(readSeed("s.csv", text, { delimiter }).cells.map((cells) => [...cells]))).toBe(expected);
});

test("a row with more cells than the header is refused with its place", () => {
  expect(() => readSeed("seeds/s.csv", "a\n1,2", {})).toThrow(
    "seeds/s.csv: row 0 has 2 values, and the header names 1 columns",
  );
});
