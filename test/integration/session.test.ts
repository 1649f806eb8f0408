import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { TaskConnection } from "#api/task.ts";
import type { WorkOf } from "../../task-image/commands/command.ts";
import { openSession, type SessionOptions } from "../../task-image/postgres/session.ts";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { makeCertificate } from "../support/servers/certificate.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../support/servers/postgres.ts";
import { aContext, aTask } from "../support/tasks/task.ts";

const certificate = makeCertificate("localhost");
const stranger = makeCertificate("localhost");
let server: PostgresServer;
let plainServer: PostgresServer;
let database: TestDatabase;
let plain: TestDatabase;

beforeAll(async () => {
  [server, plainServer] = await Promise.all([startPostgres({}, certificate), startPostgres()]);
  database = await server.createDatabase();
  plain = await plainServer.createDatabase();
});
afterAll(() => Promise.all([server.stop(), plainServer.stop()]));

const work: WorkOf<"test"> = { verb: "test", test: { connection: "warehouse", checks: [] } };

function open(connection: TaskConnection, options: SessionOptions = {}, signal = new AbortController().signal) {
  return openSession(
    aTask({ work, connections: { warehouse: connection } }),
    "warehouse",
    aContext({ signal }),
    options,
  );
}

/** Opens a session and answers the first row of a query. */
async function ask(connection: TaskConnection, sql: string, options: SessionOptions = {}) {
  await using session = await open(connection, options);
  return (await session.query(sql)).rows[0];
}

test("a session logs in with any characters in the password, names itself and reads text as everybody does", async () => {
  await using session = await open(database.connection());
  const { rows } = await session.query(
    "SELECT current_setting('application_name') AS name, current_setting('DateStyle') AS dates, current_setting('TimeZone') AS zone",
  );
  expect(rows).toEqual([{ name: "kelt/films/raw", dates: "ISO, YMD", zone: "UTC" }]);
  expect(session.serverVersion).toBeGreaterThanOrEqual(180_000);
});

test("the server is told to notice a dead pod", async () => {
  const sql = `SELECT current_setting('idle_in_transaction_session_timeout') AS idle, current_setting('client_connection_check_interval') AS interval,
    current_setting('tcp_keepalives_idle') AS keepalive, current_setting('tcp_user_timeout') AS timeout`;
  expect(await ask(database.connection(), sql, { idleInTransactionMs: 600_000 })).toEqual({
    idle: "10min",
    interval: "5s",
    keepalive: "30",
    timeout: "60000",
  });
});

test("a read-only session cannot write", async () => {
  await expect(ask(database.connection(), "CREATE TABLE t ()", { readOnly: true })).rejects.toThrow(
    "read-only transaction",
  );
});

test("what the manifest says wins over the Secret, and the Secret's keys win over its uri", async () => {
  const password = encodeURIComponent(server.password);
  const uri = `postgresql://nobody:${password}@127.0.0.1:${server.port}/nowhere?sslmode=disable`;
  const connection = database.connection({
    uri,
    dbname: "nowhere_either",
    host: "",
    port: "",
    password: "",
    sslmode: "",
  });
  expect(
    await ask({ ...connection, database: database.name }, "SELECT current_database() AS name, current_user AS role"),
  ).toEqual({
    name: database.name,
    role: "kelt test",
  });
});

describe("what is wrong with a connection is said with its name, host, database and user", () => {
  test("a password", async () => {
    await expect(open(database.connection({ password: "wrong-password" }))).rejects.toMatchObject({
      kind: "configuration",
      code: "28P01",
      message: `connection warehouse (host 127.0.0.1:${server.port}, database "${database.name}", user "kelt test"): the server refused the password. Check the keys user and password of Secret "${database.name}-secret" [SQLSTATE 28P01]`,
    });
  });

  test("no password at all", async () => {
    await expect(open(database.connection({ password: "" }))).rejects.toMatchObject({
      kind: "configuration",
      code: "PasswordMissing",
    });
  });

  test("a database", async () => {
    await expect(open({ ...database.connection(), database: "nowhere" })).rejects.toMatchObject({
      kind: "configuration",
      code: "3D000",
      message: expect.stringContaining('the server has no database "nowhere"'),
    });
  });

  test("a host name, which a retry may find", async () => {
    await expect(open(database.connection({ host: "no-such-host.invalid" }))).rejects.toMatchObject({
      kind: "transient",
      message: expect.stringContaining("the name no-such-host.invalid cannot be resolved"),
    });
  });

  test("a port where nobody listens, which a retry may find", async () => {
    await expect(open(database.connection({ port: "1" }))).rejects.toMatchObject({
      kind: "transient",
      code: "ECONNREFUSED",
      message: expect.stringContaining("nothing listens at 127.0.0.1:1"),
    });
  });

  test("a Secret that does not exist, whether its directory is empty or missing", async () => {
    const message =
      'connection warehouse: Secret "films-warehouse" does not exist or has no key host (found: none). Create it with the keys host, port, dbname, user, password (or uri) in the pipeline\'s namespace and run again';
    for (const secretDirectory of [temporaryDirectory("empty"), "/nowhere/at/all"]) {
      const connection = { kind: "postgres", secretName: "films-warehouse", secretDirectory } as const;
      await expect(open(connection)).rejects.toMatchObject({
        kind: "configuration",
        code: "SecretIncomplete",
        message,
      });
    }
  });

  test("a key that is missing", async () => {
    await expect(open(database.connection({ user: "" }))).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining("has no key user (found: dbname, host, password, port)"),
    });
  });
});

describe("sslmode", () => {
  const encrypted = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()";
  const sslrootcert = certificate.certificate;

  test.each([
    ["disable", {}, false],
    ["prefer", {}, true],
    ["require", {}, true],
    ["require", { sslrootcert }, true],
    ["verify-ca", { sslrootcert }, true],
  ] as const)("%s logs in at a server with TLS %#", async (sslmode, keys, ssl) => {
    expect(await ask(database.connection({ ...keys, sslmode }), encrypted)).toEqual({ ssl });
  });

  test("verify-full logs in when the certificate names the host", async () => {
    expect(
      await ask(database.connection({ sslmode: "verify-full", sslrootcert, host: "localhost" }), encrypted),
    ).toEqual({ ssl: true });
  });

  test.each([
    ["verify-full", { sslrootcert }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    ["verify-full", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["verify-ca", {}, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["verify-ca", { sslrootcert: stranger.certificate }, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["require", { sslrootcert: stranger.certificate }, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    ["always", {}, "BadConnection"],
  ] as const)("%s refuses a server it must not trust %#", async (sslmode, keys, code) => {
    await expect(open(database.connection({ ...keys, sslmode }))).rejects.toMatchObject({
      kind: "configuration",
      code,
    });
  });

  test("prefer falls back to a plain connection where the server has no TLS, require does not", async () => {
    expect(await ask(plain.connection({ sslmode: "prefer" }), encrypted)).toEqual({ ssl: false });
    await expect(open(plain.connection({ sslmode: "require" }))).rejects.toMatchObject({
      kind: "configuration",
      code: "TlsRefused",
    });
  });
});

test("a session that is lost while it is idle fails the next query with the server's words", async () => {
  await using session = await open(database.connection());
  const { rows } = await session.query<{ pid: number }>("SELECT pg_backend_pid() AS pid");
  const closed = new Promise<void>((resolve) => session.client.once("end", resolve));
  await database.query(`SELECT pg_terminate_backend(${rows[0]?.pid})`);
  await closed;
  await expect(session.query("SELECT 1")).rejects.toMatchObject({ code: "57P01" });
});

test("nothing connects once the task has been told to stop", async () => {
  await expect(open(database.connection(), {}, AbortSignal.abort())).rejects.toMatchObject({
    kind: "transient",
    code: "Stopped",
  });
});
