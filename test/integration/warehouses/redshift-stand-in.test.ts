import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";
import { STANDIN_ROLE, STANDIN_VERSION } from "../../support/redshift/server.ts";
import { RULES } from "../../support/redshift/statement-rules.ts";

let lake: RedshiftLake;
let client: pg.Client;
const notices: string[] = [];

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(async () => {
  await lake.newWarehouse();
  client = await connect();
  await client.query("CREATE TABLE t (id integer, name varchar(10))");
  notices.length = 0;
});
afterEach(() => client.end());

async function connect(): Promise<pg.Client> {
  const { user, password } = lake.warehouse.server;
  const types = { getTypeParser: () => (value: string) => value };
  const { host, port } = lake.redshift;
  const session = new pg.Client({ host, port, user, password, database: lake.warehouse.name, types });
  session.on("notice", ({ message = "" }) => notices.push(message));
  await session.connect();
  return session;
}

/** A statement for every rule, by its source. */
const BROKEN: readonly (readonly [string, string])[] = [
  ["CREATE INDEX i ON t (id)", "syntax error"],
  ["SELECT ARRAY[1]", "array constructors are not supported"],
  ["SELECT name[1] FROM t", "array constructors and subscripts are not supported"],
  ["SELECT 1 FROM (VALUES (1)) AS v", "VALUES is not supported as a table"],
  ["CREATE TABLE s (id serial)", "sequences are not supported"],
  ["SELECT ctid FROM t", "system columns are not defined"],
  ["CREATE TABLE s (id integer, trigger integer)", "triggers are not supported"],
  ["DROP TABLE index", "indexes are not supported"],
  ["INSERT INTO t VALUES (1, 'a') ON CONFLICT DO NOTHING", "ON CONFLICT is no part of INSERT"],
  ["INSERT INTO t OVERRIDING SYSTEM VALUE SELECT 1, 'a'", "OVERRIDING is no part of INSERT"],
  ["INSERT INTO t VALUES (1, 'a') RETURNING id", "RETURNING is no part of INSERT, UPDATE and DELETE"],
  ["SELECT * FROM t FOR UPDATE", "FOR UPDATE is no part of SELECT"],
  ["SELECT 1 FROM t, LATERAL (SELECT 1) AS l", "LATERAL is no part of FROM"],
  ["SELECT FROM t", "the select list is empty"],
  ["SELECT DISTINCT ON (id) id FROM t", "DISTINCT ON is no part of SELECT"],
  ["SELECT COUNT(*) FILTER (WHERE id = 1) FROM t", "FILTER is no part of aggregates"],
  ["SELECT 1 FROM t WHERE id IS DISTINCT FROM 1", "IS DISTINCT FROM is no condition"],
  ["SET savepoint TO on", "savepoints are not supported"],
  ["ROLLBACK TO s", "ROLLBACK TO is not supported"],
  ["CREATE TABLE unlogged (id integer)", "UNLOGGED is no part of CREATE TABLE"],
  ["CREATE TABLE s (id integer, EXCLUDE (id WITH =))", "EXCLUDE is no constraint"],
  ["LOCK TABLE t IN ACCESS EXCLUSIVE MODE", "LOCK has no modes: it is always exclusive"],
  ["LOCK TABLE t IN SHARE ROW EXCLUSIVE MODE", "LOCK has no modes: it is always exclusive"],
  ["COPY t FROM STDIN", "COPY reads no STDIN"],
  ["DELETE FROM t AS x WHERE id = 1", "the target of DELETE has no alias here"],
  ["UPDATE t AS x SET id = 1", "the target of UPDATE has no alias here"],
  ["SELECT name ~ '^(?:a)' FROM t", "look-around and groups without capture are not supported"],
  ["SELECT CAST(name AS boolean) FROM t", "cannot cast type character varying to boolean"],
  ["ALTER TABLE t ALTER COLUMN id TYPE bigint", "ALTER TABLE ALTER COLUMN cannot run inside a transaction block"],
  ["ALTER TABLE t ADD COLUMN a integer, ADD COLUMN b integer", "ALTER TABLE changes one column at a time"],
  ["SELECT 'a\\b'", "the stand-in takes no backslash in a literal, which Redshift reads in its own way"],
];

describe("statements", () => {
  test("every rule has a statement that breaks it", () => {
    const covered = BROKEN.map(([, message]) => message);
    expect(RULES.map(({ message }) => message).filter((message) => !covered.includes(message))).toEqual([]);
  });

  test.each(BROKEN)("%s is refused, and the transaction is aborted", async (sql, message) => {
    await client.query("BEGIN");
    await expect(client.query(sql)).rejects.toThrow(message);
    await expect(client.query("SELECT 1")).rejects.toThrow("current transaction is aborted");
    await client.query("ROLLBACK");
    expect((await client.query("SELECT COUNT(*) AS c FROM t")).rows).toEqual([{ c: "0" }]);
  });

  test.each([
    ["CREATE TABLE s (id jsonb)", 'type "jsonb" does not exist'],
    ["CREATE TABLE s (id uuid)", 'type "uuid" does not exist'],
    ["CREATE TABLE s (id decimal(39,0))", "DECIMAL precision 39 must be between 1 and 38"],
    ["SELECT CAST('1' AS xml)", 'type "xml" does not exist'],
    ["SELECT pg_input_is_valid('1', 'integer')", "function pg_input_is_valid() does not exist"],
    ["SELECT pg_advisory_xact_lock(1)", "function pg_advisory_xact_lock() does not exist"],
    ["SELECT concat_ws(',', 'a')", "function concat_ws() does not exist"],
    ["VACUUM", "syntax error"],
    ["SAVEPOINT a", "syntax error"],
    ["MERGE INTO t USING t AS s ON t.id = s.id", "syntax error"],
    ["SET idle_in_transaction_session_timeout TO 1", "unrecognized configuration parameter"],
  ])("%s is refused", async (sql, message) => {
    await expect(client.query(sql)).rejects.toThrow(message);
    // A statement with parameters goes another way through the protocol.
    await expect(client.query(`${sql} `, [1])).rejects.toThrow(message);
    expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: "1" }]);
  });

  test("names are folded, quoted or not; text is varchar(256), and numbers without a scale have none", async () => {
    await client.query('CREATE TABLE "Big" ("Name" text, n decimal, c char)');
    const { rows } = await client.query(
      `SELECT a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type FROM pg_catalog.pg_attribute a
       JOIN pg_catalog.pg_class c ON c.oid = a.attrelid WHERE c.relname = 'big' AND a.attnum > 0 ORDER BY a.attnum`,
    );
    expect(rows).toEqual([
      { name: "name", type: "character varying(256)" },
      { name: "n", type: "numeric(18,0)" },
      { name: "c", type: "character(1)" },
    ]);
  });

  test("a table may be made of a query, and has a comment", async () => {
    await client.query("INSERT INTO t VALUES (1, 'a')");
    await client.query("CREATE TABLE s AS SELECT * FROM (SELECT id, name FROM t WHERE (id > 0)) AS x");
    await client.query("COMMENT ON TABLE s IS 'made'");
    expect((await client.query("SELECT * FROM s")).rows).toEqual([{ id: "1", name: "a" }]);
  });

  test("it says which Redshift it is", async () => {
    const { rows } = await client.query("SELECT version() AS version");
    expect(rows[0]?.version).toContain(`PostgreSQL 8.0.2`);
    expect(rows[0]?.version).toContain(`Redshift ${STANDIN_VERSION}`);
  });

  test("a wrong password is refused", async () => {
    const { host, port } = lake.redshift;
    const session = new pg.Client({ host, port, user: "kelt test", password: "wrong", database: lake.warehouse.name });
    await expect(session.connect()).rejects.toThrow("password authentication failed");
  });
});

describe("transactions", () => {
  test("TRUNCATE commits", async () => {
    await client.query("BEGIN; INSERT INTO t VALUES (1, 'a'); TRUNCATE t; INSERT INTO t VALUES (2, 'b')");
    await client.query("ROLLBACK");
    expect((await client.query("SELECT id FROM t")).rows).toEqual([{ id: "2" }]);
  });

  test("what follows a LOCK sees what others have committed, and what follows a SELECT does not", async () => {
    const other = await connect();
    await client.query("BEGIN; LOCK TABLE t");
    await other.query("CREATE TABLE u (id integer)");
    await other.query("INSERT INTO u VALUES (1)");
    expect((await client.query("SELECT COUNT(*) AS c FROM u")).rows).toEqual([{ c: "1" }]);
    await other.query("INSERT INTO u VALUES (2)");
    expect((await client.query("SELECT COUNT(*) AS c FROM u")).rows).toEqual([{ c: "1" }]);
    await client.query("ROLLBACK");
    await other.end();
  });

  test("two transactions that read and write one table conflict as 1023", async () => {
    await client.query("INSERT INTO t VALUES (1, 'a')");
    const other = await connect();
    for (const session of [client, other]) {
      await session.query("BEGIN");
      await session.query("SELECT COUNT(*) FROM t");
    }
    await client.query("UPDATE t SET name = 'b' WHERE id = 1");
    const second = other.query("UPDATE t SET name = 'c' WHERE id = 1");
    await client.query("COMMIT");
    await expect(second).rejects.toMatchObject({ code: "XX000", message: "1023" });
    await other.end();
  });
});

describe("COPY", () => {
  const keys = () => `ACCESS_KEY_ID '${lake.s3.accessKey}' SECRET_ACCESS_KEY '${lake.s3.secretKey}'`;
  const CSV = "MANIFEST FORMAT AS CSV IGNOREHEADER 1";

  async function manifest(
    ...entries: readonly { readonly url: string; readonly mandatory?: boolean }[]
  ): Promise<string> {
    await lake.put("m.manifest", JSON.stringify({ entries }));
    return "s3://lake/m.manifest";
  }

  test("loads the objects of a manifest, and says how many rows", async () => {
    await lake.put("a.csv", "id,name\n1,a\n2,b\n");
    const from = await manifest({ url: "s3://lake/a.csv", mandatory: true });
    await client.query(`COPY t (id, name) FROM '${from}' ${keys()} ${CSV}`);
    expect((await client.query("SELECT * FROM t ORDER BY id")).rows).toEqual([
      { id: "1", name: "a" },
      { id: "2", name: "b" },
    ]);
    expect((await client.query("SELECT pg_last_copy_count() AS c")).rows).toEqual([{ c: "2" }]);
    expect(notices).toEqual(["Load into table 't' completed, 2 record(s) loaded successfully."]);
  });

  test("is a part of its transaction", async () => {
    await lake.put("a.csv", "id,name\n1,a\n");
    const from = await manifest({ url: "s3://lake/a.csv" });
    await client.query("BEGIN");
    await client.query(`COPY t FROM '${from}' IAM_ROLE default ${CSV}`);
    await client.query("ROLLBACK");
    expect((await client.query("SELECT COUNT(*) AS c FROM t")).rows).toEqual([{ c: "0" }]);
  });

  test("passes over a missing object in silence, unless it is mandatory", async () => {
    await client.query(`COPY t FROM '${await manifest({ url: "s3://lake/none.csv" })}' ${keys()} ${CSV}`);
    const from = await manifest({ url: "s3://lake/none.csv", mandatory: true });
    await expect(client.query(`COPY t FROM '${from}' ${keys()} ${CSV}`)).rejects.toThrow("Error NoSuchKey");
  });

  test.each([
    ["without authorization", "", "COPY needs authorization"],
    ["with a wrong key", "ACCESS_KEY_ID 'nobody' SECRET_ACCESS_KEY 'wrong'", "Error InvalidAccessKeyId"],
    ["with a wrong secret", "ACCESS_KEY_ID 'kelttest' SECRET_ACCESS_KEY 'wrong'", "Error SignatureDoesNotMatch"],
    [
      "with a role that it may not take",
      "IAM_ROLE 'arn:aws:iam::000000000000:role/other'",
      "is not authorized to assume IAM Role",
    ],
    ["from another region", `IAM_ROLE '${STANDIN_ROLE}' REGION 'eu-west-1'`, "Error PermanentRedirect"],
    ["with an option that it does not know", "IAM_ROLE default FREEZE", 'syntax error at or near "FREEZE"'],
    ["with a limit that is too high", "IAM_ROLE default MAXERROR 100001", "MAXERROR must be from 0 to 100000"],
  ])("is refused %s", async (_name, options, message) => {
    await lake.put("a.csv", "id,name\n1,a\n");
    const from = await manifest({ url: "s3://lake/a.csv" });
    await expect(client.query(`COPY t FROM '${from}' ${options} ${CSV}`)).rejects.toThrow(message);
  });

  test("fails at as many errors as MAXERROR says, and logs them whether or not the transaction ends", async () => {
    await lake.put("a.csv", "id,name\nx,a\n2,b\n3\n");
    const from = await manifest({ url: "s3://lake/a.csv" });
    await client.query("BEGIN");
    await expect(client.query(`COPY t (id, name) FROM '${from}' ${keys()} ${CSV} MAXERROR 2`)).rejects.toThrow(
      "Load into table 't' failed.  Check 'stl_load_errors' system table for details.",
    );
    await client.query("ROLLBACK");
    const log =
      "SELECT line_number AS line, TRIM(colname) AS name, TRIM(err_reason) AS reason FROM stl_load_errors WHERE session = pg_backend_pid() ORDER BY 1";
    expect((await client.query(log)).rows).toEqual([
      { line: "2", name: "id", reason: "Invalid digit, Value 'x', Pos 0, Type: Integer" },
      { line: "4", name: "", reason: "Delimiter not found" },
    ]);
    await client.query(`COPY t (id, name) FROM '${from}' ${keys()} ${CSV} MAXERROR 3`);
    expect(notices[0]).toContain("2 record(s) could not be loaded");
    expect((await client.query("SELECT * FROM t")).rows).toEqual([{ id: "2", name: "b" }]);
  });

  test.each([
    ["decimal(4,1)", "", "1.25", "1.2"],
    ["decimal(4,1)", "ROUNDEC", "1.25", "1.3"],
    ["decimal(4,1)", "ROUNDEC", "-0.06", "-0.1"],
    ["decimal(3,1)", "", "123", "Numeric data overflow"],
    ["smallint", "", "40000", "Overflow"],
    ["integer", "", "1.5", "Invalid digit, Value '.', Pos 1, Type: Integer"],
    ["varchar(3)", "", "éé", "String length exceeds DDL length"],
    ["varchar(3)", "", "\\N", null],
    ["varchar(3)", "NULL AS ''", '""', null],
    ["varchar(3)", "NULL AS ''", "\\N", "\\N"],
    ["integer", "", "", null],
    ["boolean", "", "yes", "t"],
    ["boolean", "", "maybe", "Unknown boolean format"],
    ["date", "", "2026-02-30", "Invalid Date Format"],
    ["timestamp", "", "2026-01-01T10:00:00", "Invalid timestamp format"],
    ["timestamp", "TIMEFORMAT 'auto'", "2026-01-01T10:00:00.5", "2026-01-01 10:00:00.5"],
    ["double precision", "", "1e5", "100000"],
    ["double precision", "", "one", "Invalid digit"],
  ])("a column of %s takes or refuses a value: %s %s", async (type, options, cell, expected) => {
    await client.query(`CREATE TABLE v (a ${type}, b integer)`);
    await lake.put("v.csv", `a,b\n${cell},1\n`);
    const copy = `COPY v (a, b) FROM '${await manifest({ url: "s3://lake/v.csv" })}' ${keys()} ${CSV} ${options} MAXERROR 2`;
    await client.query(copy);
    const { rows } = await client.query("SELECT a FROM v");
    const { rows: errors } = await client.query("SELECT TRIM(err_reason) AS reason FROM stl_load_errors");
    const [row] = rows;
    if (row === undefined) expect(errors[0]?.reason).toContain(expected);
    else expect(row.a).toBe(expected);
  });
});
