import { describe, expect, test } from "vitest";
import type { S3Settings } from "../../../../task-image/connections/s3-settings.ts";
import { fileFormat } from "../../../../task-image/formats/file-format.ts";
import { kindOfCode } from "../../../../task-image/snowflake/error-code.ts";
import { foldTable, quoteText } from "../../../../task-image/snowflake/identifier.ts";
import type { SnowflakeSettings } from "../../../../task-image/snowflake/settings.ts";
import { castText } from "../../../../task-image/snowflake/staging/column-type.ts";
import { copyStatement } from "../../../../task-image/snowflake/staging/copy-statement.ts";
import { createStageStatement } from "../../../../task-image/snowflake/staging/external-stage.ts";
import { typeOfPostgres } from "../../../../task-image/snowflake/staging/postgres-types.ts";
import { CLASS, decimalType, typeOfClasses } from "../../../../task-image/snowflake/staging/value-class.ts";

const STAGE = { schema: "RAW", table: "S" };
const INTO = { schema: "RAW", table: "T" };
const BUCKET: S3Settings = {
  connection: "lake",
  bucket: "lake",
  region: "us-east-1",
  pathStyle: false,
  credentials: { accessKeyId: "AKIA", secretAccessKey: "it's\\secret", sessionToken: "token" },
};
const SETTINGS: SnowflakeSettings = {
  connection: "warehouse",
  secretName: "snowflake",
  account: "acme",
  user: "loader",
  database: "DB",
  login: { kind: "password", password: "p" },
};

describe("the stage of a bucket", () => {
  test("gets the keys of the bucket's connection, whatever characters they hold", () => {
    expect(createStageStatement(STAGE, BUCKET, SETTINGS)).toBe(
      `CREATE TEMPORARY STAGE "RAW"."S" URL = 's3://lake/' CREDENTIALS = (AWS_KEY_ID = 'AKIA' AWS_SECRET_KEY = 'it''s\\\\secret' AWS_TOKEN = 'token')`,
    );
  });

  test("names the storage integration where there is one, and no key", () => {
    expect(createStageStatement(STAGE, BUCKET, { ...SETTINGS, storageIntegration: "lake_reader" })).toBe(
      `CREATE TEMPORARY STAGE "RAW"."S" URL = 's3://lake/' STORAGE_INTEGRATION = LAKE_READER`,
    );
  });

  test("of another store than AWS says where it is, without a scheme", () => {
    const bucket = {
      ...BUCKET,
      endpoint: "https://minio.example:9000/",
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    };
    expect(createStageStatement(STAGE, bucket, SETTINGS)).toBe(
      `CREATE TEMPORARY STAGE "RAW"."S" URL = 's3compat://lake/' ENDPOINT = 'minio.example:9000' CREDENTIALS = (AWS_KEY_ID = 'a' AWS_SECRET_KEY = 'b')`,
    );
  });

  test("that would have neither key nor integration is refused: the role of a pod cannot be handed on", () => {
    const { credentials: _, ...bucket } = BUCKET;
    expect(() => createStageStatement(STAGE, bucket, SETTINGS)).toThrow(/Set storageIntegration, or secretRef of lake/);
  });
});

test("a COPY of files without a header skips no line", () => {
  const format = fileFormat([], { csv: { delimiter: "\t", header: false, columns: ["A", "B"] } });
  const sql = copyStatement({
    stage: STAGE,
    into: INTO,
    format,
    keys: ["it's.csv"],
    columns: ["A", "B"],
    leavesOut: false,
  });
  expect(sql).toMatch(/^COPY INTO "RAW"."T" \("A", "B"\) FROM @"RAW"."S"\s+FILES = \('it''s.csv'\)/);
  expect(sql).toContain("FIELD_DELIMITER = '\t'");
  expect(sql).toContain("SKIP_HEADER = 0");
});

test.each([
  [{}, "SKIP_HEADER = 1 NULL_IF = () EMPTY_FIELD_AS_NULL = TRUE"],
  [{ skipLines: 2, nulls: ["", "NULL"] }, "SKIP_HEADER = 3 NULL_IF = ('NULL') EMPTY_FIELD_AS_NULL = TRUE"],
  [{ null: "-" }, "NULL_IF = ('-') EMPTY_FIELD_AS_NULL = FALSE"],
  [{ quotedNull: true }, "NULL_IF = ('') EMPTY_FIELD_AS_NULL = TRUE"],
] as const)("lines before the rows and words for NULL are COPY's own options: %j", (csv, options) => {
  const format = fileFormat([], { csv });
  expect(copyStatement({ stage: STAGE, into: INTO, format, keys: ["a"], columns: ["A"], leavesOut: false })).toContain(
    options,
  );
});

test.each([
  [{ kind: "parquet", nanoseconds: "refuse", binary: "bytes", schemas: "same" }, /found Parquet/],
  [{ kind: "jsonl", jsonPaths: "paths.json" }, /found jsonPaths/],
] as const)("a COPY of %s is refused", (format, expected) => {
  const copy = { stage: STAGE, into: INTO, format, keys: ["a"], columns: ["A"], leavesOut: false };
  expect(() => copyStatement(copy)).toThrow(expected);
});

test("names are folded to upper case; those of kelt's own tables are taken", () => {
  expect(foldTable({ schema: "raw", table: 'Films "x"' })).toEqual({ schema: "RAW", table: 'FILMS "X"' });
  expect(() => foldTable({ schema: "raw", table: "_kelt_loads" })).toThrow(/does not begin with _kelt_/);
  expect(() => foldTable({ schema: "raw", table: "x".repeat(256) })).toThrow(/at most 255 characters/);
  expect(quoteText("a'b\\c")).toBe("'a''b\\\\c'");
});

test.each([
  [CLASS.none, "VARCHAR"],
  [CLASS.whole, "NUMBER(38,0)"],
  [CLASS.whole | CLASS.decimal, "NUMBER(38,9)"],
  [CLASS.decimal, "NUMBER(38,9)"],
  [CLASS.boolean, "BOOLEAN"],
  [CLASS.boolean | CLASS.whole, "VARCHAR"],
  [CLASS.date, "DATE"],
  [CLASS.date | CLASS.timestampNtz, "VARCHAR"],
  [CLASS.timestampTz, "TIMESTAMP_TZ"],
  [CLASS.text, "VARCHAR"],
  [CLASS.variant | CLASS.text, "VARIANT"],
])("values of the classes %i make a column of type %s", (classes, expected) => {
  expect(typeOfClasses({ classes, wholeDigits: 3, scale: 2 })).toBe(expected);
});

test.each([
  [3, 2, "NUMBER(38,9)"],
  [3, 12, "NUMBER(38,12)"],
  [30, 2, "NUMBER(38,2)"],
  [30, 9, undefined],
])("numbers of %i digits before the point and %i behind it are held by %s", (wholeDigits, scale, expected) => {
  expect(decimalType({ wholeDigits, scale })).toBe(expected);
});

test.each([
  ["integer", "NUMBER(38,0)"],
  ["numeric(10,2)", "NUMBER(10,2)"],
  ["numeric(50,2)", "VARCHAR"],
  ["numeric", undefined],
  ["timestamp with time zone", "TIMESTAMP_TZ"],
  ["timestamp(3) without time zone", "TIMESTAMP_NTZ"],
  ["jsonb", "VARIANT"],
  ["double precision", "FLOAT"],
  ["tsvector", "VARCHAR"],
])("a column of Postgres of type %s becomes %s", (type, expected) => {
  expect(typeOfPostgres(type)).toBe(expected);
});

test.each([
  ["390100", "configuration"],
  ["390144", "configuration"],
  ["390114", "transient"],
  ["000606", "configuration"],
  ["000625", "transient"],
  ["002003", "configuration"],
  ["003001", "configuration"],
  ["091016", "transient"],
  ["100038", "data"],
  ["100132", "configuration"],
  ["401001", "transient"],
  ["999999", "transient"],
])("an error %s is a matter of %s", (code, kind) => {
  expect(kindOfCode(code)).toBe(kind);
});

/** Whether the patterns of a type take a text; those that a type must not match count the other way. */
function takes(type: string, text: string): boolean {
  const { isValid = "" } = castText("t", type);
  const matches = [...isValid.matchAll(/(NOT )?REGEXP_LIKE\(t, '([^']*)'\)/g)];
  const [refusing, taking] = [true, false].map((isNot) =>
    matches.filter(([, not]) => (not !== undefined) === isNot).map(([, , pattern]) => new RegExp(`^(${pattern})$`)),
  );
  const isTaken = taking?.length === 0 || taking?.some((pattern) => pattern.test(text)) === true;
  return isTaken && refusing?.some((pattern) => pattern.test(text)) !== true;
}

test.each([
  ["TIMESTAMP_NTZ(9)", "2026-02-28 06:00:00.123456789", true],
  ["TIMESTAMP_NTZ(3)", "2026-02-28 06:00:00.123", true],
  ["TIMESTAMP_NTZ(3)", "2026-02-28 06:00:00.123000", true],
  ["TIMESTAMP_NTZ(3)", "2026-02-28 06:00:00.123456", false],
  ["TIMESTAMP_NTZ(0)", "2026-02-28 06:00", true],
  ["TIMESTAMP_NTZ(0)", "2026-02-28 06:00:00.000", true],
  ["TIMESTAMP_NTZ(0)", "2026-02-28 06:00:00.5", false],
  ["TIMESTAMP_TZ(3)", "2026-02-28T06:00:00.1234Z", false],
  ["TIMESTAMP_TZ(3)", "2026-02-28T06:00:00.120+02:00", true],
  ["TIMESTAMP_LTZ(6)", "2026-02-28 06:00:00.1234567", false],
  ["TIME(0)", "06:00:00.5", false],
  ["TIME(0)", "06:00:00.0", true],
  ["TIME(3)", "06:00:00.123", true],
] as const)("of a kept type %s, %s is a value: %s", (type, text, expected) => {
  expect(takes(type, text)).toBe(expected);
});
