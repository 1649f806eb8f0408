import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { TaskConnectionOf } from "#api/task.ts";
import { connect } from "../../../task-image/commands/connect.ts";
import type { TaskFailure } from "../../../task-image/errors.ts";
import { RedshiftError } from "../../support/redshift/copy.ts";
import { type ObjectsLoad, type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";
import { STANDIN_VERSION } from "../../support/redshift/server.ts";
import { startLossyProxy } from "../../support/servers/lossy-proxy.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(async () => {
  await lake.newWarehouse();
  await lake.put("titles.csv", "id,title\n2,c\n3,d\n");
});
afterEach(() => {
  lake.redshift.beforeCopy = () => Promise.resolve();
});

/** Moments of a load: the first bytes of a statement, and whether it still reaches the server. */
const MOMENTS = [
  ["before a temporary table is made", "CREATE TEMP TABLE", "sent"],
  ["before COPY", "COPY ", "sent"],
  ["after COPY", "COPY ", "received"],
  ["before the lock", "LOCK TABLE", "sent"],
  ["before rows are inserted", 'INSERT INTO "raw"."titles"', "sent"],
  ["before the load is recorded", 'INSERT INTO "raw"."_kelt_loads"', "sent"],
  ["before COMMIT", "COMMIT", "sent"],
  ["after COMMIT, before its answer", "COMMIT", "received"],
] as const;

/** Loses the connection to Redshift once, at a moment. The COMMIT meant is the one after the lock. */
async function lossyConnection(statement: string, direction: "sent" | "received") {
  let armed = true;
  const isMoment = (sent: string) => {
    const from = statement === "COMMIT" ? sent.indexOf("LOCK TABLE") : 0;
    const isThere = armed && from >= 0 && sent.indexOf(statement, from) >= 0;
    if (isThere) armed = false;
    return isThere;
  };
  const proxy = await startLossyProxy(lake.redshift, {
    sent: (bytes, sent) => direction === "sent" && bytes.includes(statement) && isMoment(sent),
    received: (_bytes, sent) => direction === "received" && isMoment(sent),
  });
  const connection = lake.redshift.connection(lake.warehouse, { host: proxy.host, port: String(proxy.port) });
  return { proxy, connection };
}

describe("a connection that is lost", () => {
  test.each<readonly [string, Pick<ObjectsLoad, "mode" | "key">, readonly (readonly string[])[]]>([
    [
      "replace",
      { mode: "replace" },
      [
        ["2", "c"],
        ["3", "d"],
      ],
    ],
    [
      "truncate",
      { mode: "truncate" },
      [
        ["2", "c"],
        ["3", "d"],
      ],
    ],
    [
      "append",
      { mode: "append" },
      [
        ["1", "a"],
        ["2", "b"],
        ["2", "c"],
        ["3", "d"],
      ],
    ],
    [
      "merge",
      { mode: "merge", key: ["id"] },
      [
        ["1", "a"],
        ["2", "c"],
        ["3", "d"],
      ],
    ],
    [
      "deleteInsert",
      { mode: "deleteInsert", key: ["id"] },
      [
        ["1", "a"],
        ["2", "c"],
        ["3", "d"],
      ],
    ],
  ])("mode %s: whenever it happens, the next attempt ends with every row once", async (_name, parts, rows) => {
    await lake.put("before.csv", "id,title\n1,a\n2,b\n");
    for (const [moment, statement, direction] of MOMENTS) {
      if (parts.mode === "merge" && statement.startsWith('INSERT INTO "raw"."titles"')) continue;
      await lake.newWarehouse();
      await lake.load({ ...parts, files: { titles: "before.csv" } });
      const { proxy, connection } = await lossyConnection(statement, direction);
      const lossy = { ...parts, uid: "lossy", connections: { warehouse: connection } };
      await expect(lake.load(lossy), moment).rejects.toMatchObject({ kind: "transient" });
      expect(proxy.cuts(), moment).toBe(1);
      const outcome = await lake.load({ ...lossy, attempt: 2 });
      expect(outcome.rows, moment).toBe(2);
      const isDone = statement === "COMMIT" && direction === "received";
      expect(outcome.message.endsWith("loaded by attempt 1"), moment).toBe(isDone);
      expect(await lake.rows("raw.titles"), moment).toEqual(rows);
      expect(
        await lake.warehouse.query("SELECT FROM raw._kelt_loads WHERE load_id = 'lossy/raw'"),
        moment,
      ).toHaveLength(1);
      await proxy[Symbol.asyncDispose]();
    }
  });

  test("no temporary table outlives its session", async () => {
    const { proxy, connection } = await lossyConnection("COPY ", "received");
    await lake.load({ connections: { warehouse: connection } }).catch(() => undefined);
    await proxy[Symbol.asyncDispose]();
    await lake.load();
    const left = "SELECT relname FROM pg_class WHERE relname LIKE '\\_kelt\\_landing%'";
    expect(await lake.warehouse.query(left)).toEqual([]);
  });
});

describe("objects that change while they are loaded", () => {
  test("one that is replaced between list and COPY is refused, and the next attempt loads what is there", async () => {
    let once = true;
    lake.redshift.beforeCopy = async () => {
      if (once) await lake.put("titles.csv", "id,title\n9,new\n");
      once = false;
    };
    await expect(lake.load({ uid: "replaced" })).rejects.toMatchObject({
      kind: "transient",
      code: "PreconditionFailed",
    });
    await lake.load({ uid: "replaced", attempt: 2 });
    expect(await lake.rows("raw.titles")).toEqual([["9", "new"]]);
  });

  test("one that another run loads meanwhile is not loaded twice", async () => {
    const parts: ObjectsLoad = { mode: "append", onlyNew: true };
    await lake.load({ ...parts, files: { others: "titles.csv" } });
    let once = true;
    lake.redshift.beforeCopy = async () => {
      if (!once) return;
      once = false;
      await lake.load({ ...parts, uid: "faster" });
    };
    await expect(lake.load({ ...parts, uid: "slower" })).rejects.toMatchObject({
      kind: "transient",
      code: "LoadedMeanwhile",
    });
    expect(await lake.load({ ...parts, uid: "slower", attempt: 2 })).toMatchObject({ rows: 0 });
    expect(await lake.rows("raw.titles")).toHaveLength(2);
  });

  test("one that is gone is missed, because it is mandatory", async () => {
    lake.redshift.beforeCopy = () => lake.store.remove("titles.csv");
    await expect(lake.load()).rejects.toMatchObject({
      kind: "transient",
      message: expect.stringContaining("NoSuchKey"),
    });
    expect(await lake.warehouse.query("SELECT count(*) FROM raw._kelt_loads")).toEqual([{ count: "0" }]);
  });
});

test("a task that is told to stop publishes nothing", async () => {
  const stop = new AbortController();
  lake.redshift.beforeCopy = () => Promise.resolve(stop.abort());
  await expect(lake.load({ context: aContext({ signal: stop.signal }) })).rejects.toMatchObject({ kind: "transient" });
  expect(await lake.warehouse.query("SELECT to_regclass('raw.titles') AS found")).toEqual([{ found: null }]);
});

describe("what COPY reads with", () => {
  const withRole = (iamRole: string): TaskConnectionOf<"redshift"> => ({
    ...lake.redshift.connection(lake.warehouse),
    iamRole,
  });

  test.each(["default", "arn:aws:iam::000000000000:role/loader"])("the role %s", async (role) => {
    const statements: string[] = [];
    lake.redshift.beforeCopy = (sql) => Promise.resolve(void statements.push(sql));
    await lake.load({ connections: { warehouse: withRole(role) } });
    expect(await lake.rows("raw.titles")).toHaveLength(2);
    expect(statements.join()).not.toContain("ACCESS_KEY_ID");
  });

  test("a role that the cluster may not take", async () => {
    const connections = { warehouse: withRole("arn:aws:iam::000000000000:role/other") };
    await expect(lake.load({ connections })).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining("let the cluster take the role of redshift.iamRole"),
    });
  });

  test("neither role nor keys", async () => {
    const { secretName: _name, secretDirectory: _directory, ...withoutKeys } = lake.s3.connection("lake");
    await expect(lake.load({ connections: { lake: withoutKeys } })).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining("Set redshift.iamRole in the warehouse's connection, or secretRef in this one"),
    });
  });

  test("another region than the bucket's", async () => {
    const connection = { ...lake.s3.connection("lake"), region: "eu-west-1" };
    await expect(lake.load({ connections: { lake: connection } })).rejects.toMatchObject({ kind: "configuration" });
  });

  test("keys are in no message and no line of the log, even where the server repeats the statement", async () => {
    const context = aContext();
    lake.redshift.beforeCopy = (sql) => Promise.reject(new RedshiftError("42601", `syntax error in ${sql}`, sql));
    const failure = await lake.load({ context }).catch((error: TaskFailure) => error);
    // What a log shows that may show values: a message of the status hides the statement as a whole.
    const shown = context.redactor.redact((failure as TaskFailure).detail) + context.lines.join("\n");
    expect(shown).toContain("SECRET_ACCESS_KEY '[redacted]'");
    for (const secret of [lake.s3.accessKey, lake.s3.secretKey, lake.warehouse.server.password]) {
      expect(shown).not.toContain(secret);
    }
  });
});

describe("sources and connections", () => {
  test("the test of a connection tells which Redshift answers", async () => {
    const connections = { connection: lake.redshift.connection(lake.warehouse) };
    const work = { verb: "connect", connect: { connection: "connection" } } as const;
    expect(await connect(aTask({ work, connections }), aContext())).toMatchObject({
      server: { version: `Redshift ${STANDIN_VERSION}`, latencyMs: expect.any(Number) },
    });
  });

  test("a password that is refused names the connection, and not the password", async () => {
    const connections = { warehouse: lake.redshift.connection(lake.warehouse, { password: "canary-password" }) };
    const failure = await lake.load({ connections }).catch((error: TaskFailure) => error);
    expect(failure).toMatchObject({ kind: "configuration", message: expect.stringContaining("connection warehouse") });
    expect((failure as TaskFailure).message).not.toContain("canary-password");
  });
});
