import { describe, expect, test } from "vitest";
import { ColumnTypes } from "#api/load/files.ts";

const isType = (type: string) => ColumnTypes.safeParse({ films: { id: type } }).success;

describe("load.columns", () => {
  test.each([
    "bigint",
    "DOUBLE PRECISION",
    "numeric(10,2)",
    "numeric(10, -2)",
    "varchar(3)[]",
    "national character varying(20)",
    "timestamp(3) with time zone",
    "TIMESTAMP WITHOUT TIME ZONE",
    "TIMESTAMP(3) WITH LOCAL TIME ZONE",
    "interval day to second(3)",
    "public.mood",
    "bit varying(8)",
    "NUMBER(38,0)",
    "TIMESTAMP_NTZ",
  ])("takes the type %s", (type) => expect(isType(type)).toBe(true));

  test.each([
    "int; DROP TABLE x",
    "int FROM films",
    "int AS x",
    "int DEFAULT now",
    "int NOT NULL",
    "int COLLATE x",
    "int, pg_sleep(1)",
    "int(pg_sleep)",
    "'int'",
    '"int"',
    "int--",
    "int/**/",
    "int\nunion",
    "",
  ])("refuses %j, which is more than a type", (type) => expect(isType(type)).toBe(false));
});
