import { expect, test } from "vitest";
import { responseOf, tableOf } from "../../../../../task-image/dbt/adapter/answers.ts";
import { bindValues } from "../../../../../task-image/dbt/adapter/bindings.ts";
import { renderColumns, renderConstraints } from "../../../../../task-image/dbt/adapter/constraints.ts";
import { POSTGRES_WAREHOUSE } from "../../../../../task-image/dbt/adapter/postgres.ts";
import { postgresTypeName, postgresValue } from "../../../../../task-image/dbt/adapter/postgres-values.ts";
import { DecimalValue } from "../../../../../task-image/dbt/values/decimal.ts";
import { isoDate, isoDatetime } from "../../../../../task-image/dbt/values/iso-time.ts";
import { readJson } from "../../../../../task-image/dbt/values/json-reader.ts";
import { toSource } from "../../../../../task-image/jinja/values/text-form.ts";

/** A cell as Postgres writes it, its type's number, and Python's repr of what psycopg2 gives dbt. */
const CELLS: readonly (readonly [string, number, string])[] = [
  ["t", 16, "True"],
  ["9007199254740993", 20, "9007199254740993"],
  ["240", 701, "240.0"],
  ["NaN", 701, "nan"],
  ["1.50", 1700, "Decimal('1.50')"],
  ["2024-01-31", 1082, "datetime.date(2024, 1, 31)"],
  ["2024-01-31 09:05:00.5", 1114, "datetime.datetime(2024, 1, 31, 9, 5, 0, 500000)"],
  ["2024-01-31 09:05:00+02", 1184, "datetime.datetime(2024, 1, 31, 9, 5, tzinfo=UTC+02:00)"],
  ["infinity", 1114, "'infinity'"],
  ["1 year 2 mons 3 days 04:05:06", 1186, "datetime.timedelta(days=428, seconds=14706)"],
  ["-00:00:01", 1186, "datetime.timedelta(days=-1, seconds=86399)"],
  ["09:05:00", 1083, "datetime.time(9, 5)"],
  ["{1,2,NULL}", 1007, "'[1, 2, null]'"],
  ['{"a,b","\\"q\\"",NULL,"NULL"}', 1009, `'["a,b", "\\\\"q\\\\"", null, "NULL"]'`],
  ["{{1,2},{3,4}}", 1007, "'[[1, 2], [3, 4]]'"],
  ["{}", 1009, "'[]'"],
  ['{"a": 1.0, "b": [null]}', 3802, `'{"a": 1.0, "b": [null]}'`],
  ['"x"', 114, "'x'"],
  ["12", 3802, "12"],
  ["a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", 2950, "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"],
];

test.each(CELLS)("%s of type %i is %s", (cell, type, expected) => {
  expect(toSource(postgresValue(cell, type))).toBe(expected);
});

test("types have psycopg2's names", () => {
  expect([20, 23, 25, 1184, 2950].map(postgresTypeName)).toEqual([
    "LONGINTEGER",
    "INTEGER",
    "STRING",
    "DATETIMETZ",
    "unknown type_code 2950",
  ]);
});

test("JSON numbers keep their size, and text of JSON its keys", () => {
  expect(toSource(readJson('{"__proto__": 12345678901234567890, "f": 1.0}'))).toBe(
    "{'__proto__': 12345678901234567890, 'f': 1.0}",
  );
});

/** The server's tag of a statement, and dbt's message, code and rows. */
const TAGS: readonly (readonly [string, string, bigint])[] = [
  ["INSERT 0 5", "INSERT", 5n],
  ["SELECT 3", "SELECT", 3n],
  ["CREATE VIEW", "CREATE VIEW", -1n],
  ["MERGE 2", "MERGE", 2n],
];

test.each(TAGS)("%s has the code %s", (tag, code, rows) => {
  const response = responseOf({ tag, rows: [], columns: [] });
  expect([response.text, response.code, response.rowsAffected]).toEqual([tag, code, rows]);
});

test("columns of one name are distinguished by a number, and numbers of all kinds share one type", () => {
  const columns = [
    { name: "a", type: 23 },
    { name: "a", type: 25 },
    { name: "n", type: 701 },
  ];
  const table = tableOf(
    {
      tag: "SELECT 2",
      columns,
      rows: [
        ["1", "null", "1"],
        [null, "", null],
      ],
    },
    POSTGRES_WAREHOUSE,
  );
  expect(table.names).toEqual(["a", "a_2", "n"]);
  expect(table.types).toEqual(["Integer", "Text", "Number"]);
  expect(toSource(table.cells.map((cells) => [...cells]))).toBe("[[1, 'null', Decimal('1.0')], [None, '', None]]");
});

test("values are written into statements as psycopg2 writes them", () => {
  const values = [
    1n,
    null,
    true,
    "it's",
    "a\\b",
    isoDate("2024-01-31") ?? null,
    isoDatetime("2024-01-31 09:05:00") ?? null,
    DecimalValue.parse("1.50") ?? null,
  ];
  expect(bindValues("(%s,%s,%s,%s,%s,%s,%s,%s) 5%%", values)).toBe(
    "(1,NULL,true,'it''s', E'a\\\\b','2024-01-31'::date,'2024-01-31T09:05:00'::timestamp,1.50) 5%",
  );
  expect(() => bindValues("%s %s", [1n])).toThrow("more places than its 1 values");
  expect(() => bindValues("%s", [1n, 2n])).toThrow("1 places for 2 values");
});

test("constraints are written as dbt writes them, and those that a warehouse has not are left out", () => {
  const columns = readJson(
    '{"id": {"name": "id", "data_type": "int", "quote": true, "constraints": [{"type": "not_null"}, {"type": "unique"}, {"type": "check", "expression": "id > 0"}, {"type": "foreign_key", "to": "\\"s\\".\\"t\\"", "to_columns": ["id"]}]}}',
  );
  expect(renderColumns(columns, POSTGRES_WAREHOUSE.constraints)).toEqual([
    '"id" int not null unique check (id > 0) references "s"."t" (id)',
  ]);
  expect(renderColumns(columns, new Set(["not_null"]))).toEqual(['"id" int not null']);
  const model = readJson(
    '[{"type": "primary_key", "columns": ["a", "b"], "name": "pk"}, {"type": "custom", "expression": "exclude (a with =)"}]',
  );
  expect(renderConstraints(model, POSTGRES_WAREHOUSE.constraints)).toEqual([
    "constraint pk primary key (a, b)",
    "exclude (a with =)",
  ]);
  expect(() => renderConstraints(readJson('[{"type": "primary"}]'), new Set())).toThrow("Could not parse constraint");
});
