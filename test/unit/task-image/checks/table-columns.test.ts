import { expect, test } from "vitest";
import { isOfType } from "../../../../task-image/checks/kinds/table-columns.ts";
import { POSTGRES_CHECKS } from "../../../../task-image/postgres/checks.ts";
import { REDSHIFT_CHECKS } from "../../../../task-image/redshift/checks.ts";
import { SNOWFLAKE_CHECKS } from "../../../../task-image/snowflake/checks.ts";

const NAMES = {
  postgres: POSTGRES_CHECKS.typeNames,
  redshift: REDSHIFT_CHECKS.typeNames,
  snowflake: SNOWFLAKE_CHECKS.typeNames,
};

test.each([
  ["postgres", "integer", "INT", true],
  ["postgres", "bigint", "int", false],
  ["postgres", "character varying(20)", "varchar(20)", true],
  ["postgres", "character varying(20)", "varchar", true],
  ["postgres", "character varying(20)", "varchar(21)", false],
  ["postgres", "character varying", "varchar(20)", false],
  ["postgres", "numeric(10,2)", "decimal( 10, 2 )", true],
  ["postgres", "timestamp without time zone", "timestamp", true],
  ["postgres", "timestamp(3) with time zone", "timestamp(3)  with time zone", true],
  ["postgres", "timestamp(3) with time zone", "timestamptz", true],
  ["postgres", "timestamp with time zone", "timestamp", false],
  ["postgres", "integer[]", "int[]", true],
  ["postgres", "integer[]", "int", false],
  ["postgres", '"Mood"', '"Mood"', true],
  ["postgres", '"Mood"', '"mood"', false],
  ["redshift", "character varying(256)", "text", true],
  ["redshift", "timestamp without time zone", "TIMESTAMP", true],
  ["snowflake", "NUMBER(38,0)", "int", true],
  ["snowflake", "NUMBER(10,2)", "int", false],
  ["snowflake", "NUMBER(10,2)", "decimal", true],
  ["snowflake", "VARCHAR(16777216)", "text", true],
  ["snowflake", "TIMESTAMP_NTZ(9)", "timestamp", true],
  ["snowflake", "FLOAT", "double precision", true],
] as const)("in %s, %s is %s: %s", (warehouse, actual, written, is) => {
  expect(isOfType(actual, written, NAMES[warehouse])).toBe(is);
});
