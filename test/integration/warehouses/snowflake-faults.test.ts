import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { until } from "../../support/machine/until.ts";
import { type SnowflakeScene, startSnowflakeScene } from "../../support/snowflake/scene.ts";
import { aContext } from "../../support/tasks/task.ts";

let scene: SnowflakeScene;

beforeAll(async () => {
  scene = await startSnowflakeScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => scene.newWarehouse());

const BEFORE = "id,title\n1,Alien\n2,Heat\n";
const AFTER = "id,title\n2,Heat!\n3,Ran\n";

/** Loses the connection once, at the first statement of the pattern. */
function loseAt(pattern: RegExp, when: "before" | "after"): { readonly isLost: () => boolean } {
  let isLost = false;
  scene.snowflake.lose((sql) => {
    if (isLost || !pattern.test(sql)) return undefined;
    isLost = true;
    return when;
  });
  return { isLost: () => isLost };
}

async function titles(): Promise<readonly (string | null)[]> {
  return (await scene.rows("FILMS")).map(({ TITLE = null }) => TITLE);
}

async function expectOnce(uid: string, expected: readonly string[]): Promise<void> {
  expect(await titles()).toEqual(expected);
  const records = await scene.snowflake.query(`SELECT 1 FROM "RAW"."_KELT_LOADS" WHERE LOAD_ID = '${uid}/raw'`);
  expect(records).toHaveLength(1);
}

describe("a session that is lost anywhere leaves the old rows or the new ones, and the next attempt ends it", () => {
  const publishing = [
    [/^COPY INTO/, "after"],
    [/^BEGIN/, "after"],
    [/^UPDATE .*_KELT_TARGETS/, "after"],
    [/_KELT_FILES.* SELECT/s, "after"],
    [/^INSERT INTO .*_KELT_LOADS/, "before"],
    [/^COMMIT/, "before"],
    [/^COMMIT/, "after"],
  ] as const;

  test.each(publishing)("append, at %s, %s it has run", async (pattern, when) => {
    await scene.put("films.csv", BEFORE);
    await scene.load({ mode: "append", uid: "old" });
    await scene.put("films.csv", AFTER);
    const loss = loseAt(pattern, when);
    await expect(scene.load({ mode: "append", uid: "new" })).rejects.toMatchObject({ kind: "transient" });
    expect(loss.isLost()).toBe(true);
    const isCommitted = String(pattern) === "/^COMMIT/" && when === "after";
    const all = ["Alien", "Heat", "Heat!", "Ran"];
    expect((await titles()).toSorted()).toEqual(isCommitted ? all : ["Alien", "Heat"]);
    await scene.load({ mode: "append", uid: "new", attempt: 2 });
    expect((await titles()).toSorted()).toEqual(all);
    await scene.load({ mode: "append", uid: "new", attempt: 3 });
    expect((await titles()).toSorted()).toEqual(all);
  });

  test.each([
    [/^DELETE FROM "RAW"."FILMS"/, "after"],
    [/^INSERT INTO "RAW"."FILMS"/, "after"],
    [/^COMMIT/, "before"],
  ] as const)("replace, at %s, %s it has run", async (pattern, when) => {
    await scene.put("films.csv", BEFORE);
    await scene.load({ uid: "old" });
    await scene.put("films.csv", AFTER);
    const loss = loseAt(pattern, when);
    await expect(scene.load({ uid: "new" })).rejects.toMatchObject({ kind: "transient" });
    expect(loss.isLost()).toBe(true);
    expect(await titles()).toEqual(["Alien", "Heat"]);
    await scene.load({ uid: "new", attempt: 2 });
    await expectOnce("new", ["Heat!", "Ran"]);
  });

  test.each([
    [/^ALTER TABLE .* SWAP WITH/, "before", ["Alien", "Heat"]],
    [/^ALTER TABLE .* SWAP WITH/, "after", ["Nil", "Ran"]],
    [/^COMMIT/, "before", ["Nil", "Ran"]],
    [/^COMMIT/, "after", ["Nil", "Ran"]],
  ] as const)("replace by other columns, at %s, %s it has run", async (pattern, when, meanwhile) => {
    await scene.put("films.csv", BEFORE);
    await scene.load({ uid: "old" });
    await scene.put("films.csv", "id,title\nx0,Nil\nx1,Ran\n");
    const loss = loseAt(pattern, when);
    await expect(scene.load({ uid: "new" })).rejects.toMatchObject({ kind: "transient" });
    expect(loss.isLost()).toBe(true);
    expect((await titles()).toSorted()).toEqual([...meanwhile].toSorted());
    await scene.load({ uid: "new", attempt: 2 });
    await expectOnce("new", ["Nil", "Ran"]);
  });
});

test("two pods of one load are kept apart: one of them writes, the other one finds its record", async () => {
  await scene.put("films.csv", BEFORE);
  await scene.load({ mode: "append", uid: "old" });
  let arrived = 0;
  scene.snowflake.lose((sql) => {
    if (sql === "BEGIN") arrived += 1;
    return undefined;
  });
  const outcomes = await Promise.all([1, 2].map((attempt) => scene.load({ mode: "append", uid: "new", attempt })));
  expect(arrived).toBe(2);
  expect(outcomes.map(({ rows }) => rows)).toEqual([2, 2]);
  expect(outcomes.filter(({ message }) => message.includes("loaded by attempt"))).toHaveLength(1);
  expect(await titles()).toHaveLength(4);
});

test("an object that two runs find new at the same time is loaded by one of them", async () => {
  const parts = { mode: "append", onlyNew: true } as const;
  await scene.put("films.csv", BEFORE);
  await scene.load(parts);
  await scene.put("films.csv", AFTER);
  const ends = await Promise.allSettled(["one", "other"].map((uid) => scene.load({ ...parts, uid })));
  for (const end of ends.filter(({ status }) => status === "rejected")) {
    expect(end).toMatchObject({ reason: { kind: "transient", code: "LoadedMeanwhile" } });
  }
  await Promise.all(["one", "other"].map((uid) => scene.load({ ...parts, uid, attempt: 2 })));
  expect((await titles()).toSorted()).toEqual(["Alien", "Heat", "Heat!", "Ran"]);
});

test("a table that a dead pod built beside a target is dropped when it is a day old, and a younger one stays", async () => {
  await scene.put("films.csv", BEFORE);
  await scene.load();
  const seconds = Math.trunc(Date.now() / 1000);
  const [old, young] = [seconds - 90_000, seconds - 60].map((at) => `_KELT_SWAPPED_${at}_AB_1`);
  for (const table of [old, young])
    await scene.snowflake.statement(`CREATE TABLE "RAW"."${table}" ("ID" NUMBER(38,0))`);
  await scene.load();
  await expect(scene.rows(old ?? "")).rejects.toThrow(/does not exist/);
  expect(await scene.rows(young ?? "")).toEqual([]);
});

test("an object that is replaced while it is copied is refused, and the next attempt takes the new one", async () => {
  await scene.put("films.csv", BEFORE);
  let isReplaced = false;
  scene.snowflake.lose(async (sql) => {
    if (isReplaced || !sql.startsWith("COPY INTO")) return undefined;
    isReplaced = true;
    await scene.put("films.csv", AFTER);
    return undefined;
  });
  await expect(scene.load({ uid: "new" })).rejects.toMatchObject({ kind: "transient", code: "PreconditionFailed" });
  await scene.load({ uid: "new", attempt: 2 });
  expect(await titles()).toEqual(["Heat!", "Ran"]);
});

describe("keys of the bucket", () => {
  test("that are wrong are a mistake of the configuration, and none of them is told", async () => {
    await scene.put("films.csv", BEFORE);
    const context = aContext();
    const lake = scene.s3.connection("lake", { secretAccessKey: "wr0ng-canary-k3y" });
    const error = await scene.load({ context, lake }).then(
      () => expect.fail("it was loaded"),
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ kind: "configuration" });
    expect(error.message).not.toContain("canary");
  });

  test("a storage integration takes their place, where the bucket is AWS's", async () => {
    await scene.put("films.csv", BEFORE);
    const warehouse = scene.snowflake.connection({ storageIntegration: "lake" });
    await expect(scene.load({ warehouse })).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringMatching(/storageIntegration is for buckets of AWS, and connection lake has an endpoint/),
    });
  });

  test("no secret is in any line that a load prints", async () => {
    await scene.put("films.csv", BEFORE);
    const context = aContext();
    await scene.load({ context });
    const printed = context.lines.join("\n");
    expect(context.lines.length).toBeGreaterThan(1);
    for (const secret of [scene.snowflake.password, scene.s3.secretKey]) expect(printed).not.toContain(secret);
  });
});

test("a task that is told to stop does not wait for the warehouse", async () => {
  await scene.put("films.csv", BEFORE);
  const stop = new AbortController();
  let isCopying = false;
  scene.snowflake.lose((sql) => {
    isCopying ||= sql.startsWith("COPY INTO");
    return undefined;
  });
  const loading = scene.load({ context: aContext({ signal: stop.signal }) });
  loading.catch(() => undefined);
  await until("rows are copied", () => isCopying);
  stop.abort();
  await expect(loading).rejects.toMatchObject({ kind: "transient", code: "Stopped" });
});

test("without a warehouse to run on, the message says what to set", async () => {
  await scene.put("films.csv", BEFORE);
  const { warehouse: _, ...connection } = scene.snowflake.connection();
  await expect(scene.load({ warehouse: connection })).rejects.toMatchObject({
    kind: "configuration",
    message: expect.stringMatching(/No active warehouse.*Set warehouse of the connection/),
  });
});
