import { afterAll, beforeAll, expect, test } from "vitest";
import { openSnowflakeSession, type SnowflakeSession } from "../../../task-image/snowflake/session.ts";
import { type SnowflakeScene, startSnowflakeScene } from "../../support/snowflake/scene.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

// What loads rely on, and what Snowflake refuses: the stand-in answers as Snowflake's documentation says.

let scene: SnowflakeScene;
let session: SnowflakeSession;
let other: SnowflakeSession;

beforeAll(async () => {
  scene = await startSnowflakeScene();
  const work = { verb: "connect", connect: { connection: "warehouse" } } as const;
  const spec = aTask({ work, connections: { warehouse: scene.snowflake.connection() } });
  session = await openSnowflakeSession(spec, "warehouse", aContext());
  other = await openSnowflakeSession(spec, "warehouse", aContext());
  await session.query(`CREATE SCHEMA "RAW"`);
  await session.query(`CREATE TEMPORARY STAGE "RAW"."LAKE" ${stageOf({})}`);
});
afterAll(async () => {
  await session?.[Symbol.asyncDispose]();
  await other?.[Symbol.asyncDispose]();
  await scene?.[Symbol.asyncDispose]();
});

function stageOf({ secretKey = scene.s3.secretKey }: { readonly secretKey?: string }): string {
  const endpoint = scene.s3.endpoint.replace("http://", "");
  return `URL = 's3compat://lake/' ENDPOINT = '${endpoint}' CREDENTIALS = (AWS_KEY_ID = '${scene.s3.accessKey}' AWS_SECRET_KEY = '${secretKey}')`;
}

async function made(table: string, columns: string): Promise<void> {
  await session.query(`DROP TABLE IF EXISTS "RAW"."${table}"`);
  await session.query(`CREATE TABLE "RAW"."${table}" (${columns})`);
}

const CSV = `FILE_FORMAT = (TYPE = CSV FIELD_OPTIONALLY_ENCLOSED_BY = '"' ESCAPE_UNENCLOSED_FIELD = NONE SKIP_HEADER = 1)`;

async function count(table: string, by = session): Promise<number> {
  const [row] = await by.query(`SELECT COUNT(*) AS "N" FROM "RAW"."${table}"`);
  return Number(row?.N);
}

test("a DDL statement commits the transaction that it stands in", async () => {
  await made("T", "ID VARCHAR");
  await session.query("BEGIN");
  await session.query(`INSERT INTO "RAW"."T" VALUES ('1')`);
  expect(await count("T", other)).toBe(0);
  await session.query(`CREATE TABLE "RAW"."U" (ID VARCHAR)`);
  expect(await count("T", other)).toBe(1);
  await session.query("ROLLBACK");
  expect(await count("T")).toBe(1);
});

test("COPY remembers the files of a table until the table is another one, and FORCE passes over its memory", async () => {
  await scene.put("t.csv", "id\n1\n2\n");
  const copy = (force = "") =>
    session.query(`COPY INTO "RAW"."T" FROM @"RAW"."LAKE" FILES = ('t.csv') ${CSV} ${force}`);
  await made("T", "ID VARCHAR");
  expect(await copy()).toMatchObject([{ file: "t.csv", status: "LOADED", rows_loaded: "2" }]);
  expect(await copy()).toEqual([{ status: "Copy executed with 0 files processed." }]);
  expect(await copy("FORCE = TRUE")).toHaveLength(1);
  expect(await count("T")).toBe(4);
  await made("T", "ID VARCHAR");
  await copy();
  expect(await count("T")).toBe(2);
});

test("COPY ends at the first bad row, or leaves bad rows out and VALIDATE tells all of them", async () => {
  await made("T", "A VARCHAR, B VARCHAR");
  await scene.put("t.csv", 'a,b\n1,"x\ny"\n2\n3,4,5\n6,7\n');
  const copy = (onError: string) =>
    session.query(`COPY INTO "RAW"."T" FROM @"RAW"."LAKE" FILES = ('t.csv') ${CSV} ON_ERROR = ${onError}`);
  await expect(copy("ABORT_STATEMENT")).rejects.toMatchObject({
    code: "100080",
    message: expect.stringMatching(/File 't.csv', line 4/),
  });
  expect(await count("T")).toBe(0);
  expect(await copy("CONTINUE")).toMatchObject([{ status: "PARTIALLY_LOADED", rows_parsed: "4", rows_loaded: "2" }]);
  const validated = `SELECT "FILE", "LINE", "ROW_NUMBER" FROM TABLE(VALIDATE("RAW"."T", JOB_ID => '_last'))`;
  expect(await session.query(validated)).toEqual([
    { FILE: "t.csv", LINE: "4", ROW_NUMBER: "2" },
    { FILE: "t.csv", LINE: "5", ROW_NUMBER: "3" },
  ]);
});

test("a COPY that transforms knows the place of every row, and counts no cells", async () => {
  await made("T", "A VARCHAR, F VARCHAR, R NUMBER(38,0)");
  await scene.put("in/t.csv", "a,b\n1,2\n3\n");
  await session.query(
    `COPY INTO "RAW"."T" (A, F, R) FROM (SELECT $2, METADATA$FILENAME, METADATA$FILE_ROW_NUMBER FROM @"RAW"."LAKE") FILES = ('in/t.csv') ${CSV}`,
  );
  expect(await session.query(`SELECT * FROM "RAW"."T" ORDER BY R`)).toEqual([
    { A: "2", F: "in/t.csv", R: "1" },
    { A: null, F: "in/t.csv", R: "2" },
  ]);
});

test.each([
  [
    "a file that is not there",
    (keys: string) => `COPY INTO "RAW"."T" FROM @"RAW"."LAKE" FILES = (${keys}) ${CSV}`,
    "'none.csv'",
    "091016",
  ],
  ["a stage that is not there", () => `COPY INTO "RAW"."T" FROM @"RAW"."SEA" FILES = ('t.csv') ${CSV}`, "", "002003"],
  [
    "more than 1000 files",
    (keys: string) => `COPY INTO "RAW"."T" FROM @"RAW"."LAKE" FILES = (${keys}) ${CSV}`,
    Array.from({ length: 1001 }, () => "'a'").join(),
    "002198",
  ],
  [
    "a quote that it does not know",
    () => `COPY INTO "RAW"."T" FROM @"RAW"."LAKE" FILES = ('t.csv') ${CSV.replace(`'"'`, "'|'")}`,
    "",
    "001007",
  ],
  ["a table that is not there", () => `SELECT * FROM "RAW"."NONE"`, "", "002003"],
  ["a column that is not there", () => `SELECT "NONE" FROM "RAW"."T"`, "", "000904"],
  ["a list without a value", () => `SELECT * FROM "RAW"."T" WHERE A IN ()`, "", "001003"],
  ["a type that it does not have", () => `CREATE TABLE "RAW"."V" (A JSONB)`, "", "002040"],
  ["a statement that the stand-in does not know", () => "VACUUM", "", "001003"],
])("%s is refused", async (_, statement, keys, code) => {
  await made("T", "A VARCHAR");
  await expect(session.query(statement(keys))).rejects.toMatchObject({ code });
});

test("wrong keys of a stage are refused by the S3 server itself", async () => {
  await scene.put("t.csv", "id\n1\n");
  await made("T", "ID VARCHAR");
  await session.query(`CREATE TEMPORARY STAGE "RAW"."WRONG" ${stageOf({ secretKey: "wrong" })}`);
  const copy = session.query(`COPY INTO "RAW"."T" FROM @"RAW"."WRONG" FILES = ('t.csv') ${CSV}`);
  await expect(copy).rejects.toMatchObject({ code: "091003", message: expect.stringMatching(/SignatureDoesNotMatch/) });
});

test("MERGE updates and inserts, counts both, and refuses a row of the target that two rows match", async () => {
  await made("T", "ID VARCHAR, V VARCHAR");
  await made("S", "ID VARCHAR, V VARCHAR");
  await session.query(`INSERT INTO "RAW"."T" VALUES ('1', 'old'), ('2', 'old')`);
  await session.query(`INSERT INTO "RAW"."S" VALUES ('2', 'new'), ('3', 'new')`);
  const merge = `MERGE INTO "RAW"."T" AS t USING "RAW"."S" AS s ON t."ID" = s."ID"
    WHEN MATCHED THEN UPDATE SET "V" = s."V" WHEN NOT MATCHED THEN INSERT ("ID", "V") VALUES (s."ID", s."V")`;
  expect(await session.query(merge)).toEqual([{ "number of rows inserted": "1", "number of rows updated": "1" }]);
  expect(await session.query(`SELECT * FROM "RAW"."T" ORDER BY 1`)).toEqual([
    { ID: "1", V: "old" },
    { ID: "2", V: "new" },
    { ID: "3", V: "new" },
  ]);
  await session.query(`INSERT INTO "RAW"."S" VALUES ('2', 'other')`);
  await expect(session.query(merge)).rejects.toMatchObject({ code: "100090" });
});

test("an UPDATE keeps others from the table until its transaction ends, and LOCK_TIMEOUT ends their waiting", async () => {
  await made("T", "ID VARCHAR");
  await session.query(`INSERT INTO "RAW"."T" VALUES ('1')`);
  await session.query("BEGIN");
  await session.query(`UPDATE "RAW"."T" SET "ID" = '2'`);
  await other.query("ALTER SESSION SET LOCK_TIMEOUT = 0");
  await expect(other.query(`UPDATE "RAW"."T" SET "ID" = '3'`)).rejects.toMatchObject({ code: "000625" });
  await other.query("ALTER SESSION SET LOCK_TIMEOUT = 60");
  const waiting = other.query(`UPDATE "RAW"."T" SET "ID" = '3' WHERE "ID" = '2'`);
  await session.query("COMMIT");
  expect(await waiting).toMatchObject([{ "number of rows updated": "1" }]);
});

test("the catalog has views beside tables", async () => {
  await made("T", "ID VARCHAR");
  await session.query(`CREATE VIEW "RAW"."SEEN" AS SELECT "ID" FROM "RAW"."T"`);
  const kinds = `SELECT TABLE_NAME, TABLE_TYPE FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' AND TABLE_NAME IN ('SEEN', 'T') ORDER BY 1`;
  expect(await session.query(kinds)).toEqual([
    { TABLE_NAME: "SEEN", TABLE_TYPE: "VIEW" },
    { TABLE_NAME: "T", TABLE_TYPE: "BASE TABLE" },
  ]);
});

test("SWAP exchanges two tables with all that is theirs", async () => {
  await made("T", "ID VARCHAR");
  await made("S", "ID VARCHAR, V VARCHAR");
  await session.query(`GRANT SELECT ON TABLE "RAW"."T" TO ROLE READER`);
  await session.query(`ALTER TABLE "RAW"."T" SWAP WITH "RAW"."S"`);
  expect(await session.query(`DESCRIBE TABLE "RAW"."T"`)).toHaveLength(2);
  expect(await session.query(`SHOW GRANTS ON TABLE "RAW"."T"`)).toEqual([]);
  expect(await session.query(`SHOW GRANTS ON TABLE "RAW"."S"`)).toHaveLength(1);
});

test("a table that is replaced by a query keeps its comment in the catalog", async () => {
  for (const name of ["it's one", "two"]) {
    const comment = name.replaceAll("'", "''");
    await session.query(`CREATE OR REPLACE TABLE "RAW"."KEPT" COMMENT = '${comment}' AS SELECT 1 AS "A"`);
    const rows = await session.query(
      `SELECT COMMENT AS "C" FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' AND TABLE_NAME = 'KEPT'`,
    );
    expect(rows).toEqual([{ C: name }]);
  }
  expect(await count("KEPT")).toBe(1);
});
