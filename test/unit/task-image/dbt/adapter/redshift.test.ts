import { describe, expect, test } from "vitest";
import { bindValues } from "../../../../../task-image/dbt/adapter/bindings.ts";
import { ColumnClass, ColumnValue } from "../../../../../task-image/dbt/adapter/column.ts";
import { REDSHIFT_WAREHOUSE } from "../../../../../task-image/dbt/adapter/redshift.ts";
import { TableValue } from "../../../../../task-image/dbt/values/table.ts";
import { CallableValue, type Value } from "../../../../../task-image/jinja/values/value.ts";

const { text, seedType, response, columns } = REDSHIFT_WAREHOUSE;
const seed = (values: readonly Value[]) =>
  new TableValue(
    ["name"],
    ["Text"],
    values.map((value) => [value]),
  );

describe("what dbt-redshift does beside its macros", () => {
  test("a seed's texts are as long as the longest one in bytes, and 64 where there is none", () => {
    expect(seedType(seed(["a", "café", null]), 0)).toBe("varchar(5)");
    expect(seedType(seed([null]), 0)).toBe("varchar(64)");
    expect(seedType(new TableValue(["n"], ["Integer"], [[1n]]), 0)).toBe("integer");
  });

  test("no backslash stands in a literal", () => {
    expect(bindValues("values (%s, %s, %s)", ["it's", "a\\b", 3n], text)).toBe(
      "values ('it''s', ('a' || CHR(92) || 'b'), 3)",
    );
  });

  test("a statement has done what its driver says: SUCCESS, and how many rows", () => {
    const result = response({ tag: "INSERT 0 5", rows: [], columns: [] });
    expect([result.message, result.code, result.rowsAffected]).toEqual(["SUCCESS", null, 5n]);
  });

  test("a text without a length has 256 bytes, as dbt's own Column has it", () => {
    const create = new ColumnClass(columns).attribute("create");
    const made = create instanceof CallableValue ? create : expect.fail();
    const at = { at: { file: "x", line: 1, column: 1 }, frame: undefined, budget: undefined as never };
    const column = made.call({ positional: ["name", "text"], named: new Map() }, at);
    expect(column instanceof ColumnValue ? column.dataType : column).toBe("character varying(256)");
  });
});
