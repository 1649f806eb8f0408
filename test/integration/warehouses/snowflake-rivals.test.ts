import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SnowflakeLoad, type SnowflakeScene, startSnowflakeScene } from "../../support/snowflake/scene.ts";

// Two runs that write one target, and what somebody else does to it while a load is under way.

let scene: SnowflakeScene;

beforeAll(async () => {
  scene = await startSnowflakeScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(async () => {
  await scene.newWarehouse();
  await scene.put("one.csv", "id,title\n1,Alien\n2,Heat\n");
  await scene.put("other.csv", "id,title\n2,Heat!\n3,Ran\n");
});

const FIRST: SnowflakeLoad = { files: { films: "one.csv" } };
const OTHER: SnowflakeLoad = { files: { films: "other.csv" } };

/** Does something once, before a statement of a load runs. */
function beforeStatement(pattern: RegExp, work: () => Promise<unknown>): { readonly isDone: () => boolean } {
  let isDone = false;
  scene.snowflake.lose(async (sql) => {
    if (isDone || !pattern.test(sql)) return undefined;
    isDone = true;
    await work();
    return undefined;
  });
  return { isDone: () => isDone };
}

async function titles(): Promise<readonly (string | null)[]> {
  return (await scene.rows("FILMS")).map(({ TITLE = null }) => TITLE).toSorted();
}

describe("a target that another run makes and fills while this one is about to", () => {
  test.each([
    ["replace", ["Heat!", "Ran"]],
    ["truncate", ["Heat!", "Ran"]],
    ["append", ["Alien", "Heat", "Heat!", "Ran"]],
    ["merge", ["Alien", "Heat!", "Ran"]],
    ["deleteInsert", ["Alien", "Heat!", "Ran"]],
  ] as const)("%s does to its rows what it always does", async (mode, expected) => {
    const parts = { mode, ...(mode === "merge" || mode === "deleteInsert" ? { key: ["id"] } : {}) };
    const rival = beforeStatement(/^BEGIN/, () => scene.load({ ...parts, ...FIRST, uid: "faster" }));
    await scene.load({ ...parts, ...OTHER, uid: "slower" });
    expect(rival.isDone()).toBe(true);
    expect(await titles()).toEqual(expected);
  });

  test("with other columns: nothing is published, and the next attempt finds it as it is", async () => {
    await scene.put("other.csv", "id,name\n3,Ran\n");
    const parts = { ...OTHER, mode: "append", uid: "slower" } as const;
    beforeStatement(/^CREATE TABLE IF NOT EXISTS "RAW"."FILMS"/, () =>
      scene.load({ ...FIRST, mode: "append", uid: "faster" }),
    );
    await expect(scene.load(parts)).rejects.toMatchObject({ kind: "transient", code: "TargetChanged" });
    expect(await titles()).toEqual(["Alien", "Heat"]);
    await scene.load({ ...parts, attempt: 2 });
    expect((await scene.rows("FILMS")).map(({ TITLE, NAME }) => TITLE ?? NAME)).toEqual(["Alien", "Heat", "Ran"]);
  });

  test("at the same time, in a schema that neither finds: each row is there once", async () => {
    for (let round = 0; round < 3; round += 1) {
      await scene.newWarehouse();
      await Promise.all([FIRST, OTHER].map((parts) => scene.load({ ...parts, mode: "append" })));
      expect(await titles()).toEqual(["Alien", "Heat", "Heat!", "Ran"]);
      expect(await scene.snowflake.query(`SELECT 1 FROM "RAW"."_KELT_LOADS"`)).toHaveLength(2);
    }
  });
});

test("a target whose types change while rows are staged for it gets none that would be rounded", async () => {
  await scene.put("one.csv", "id,price\n1,1.509\n");
  await scene.load(FIRST);
  await scene.put("other.csv", "id,price\n2,2.509\n");
  const parts = { ...OTHER, mode: "append", uid: "slower" } as const;
  const columns = { films: { price: "number(10,3)" } };
  beforeStatement(/^BEGIN/, () => scene.load({ ...FIRST, columns, uid: "faster" }));
  await expect(scene.load(parts)).rejects.toMatchObject({ kind: "transient", code: "TargetChanged" });
  await scene.load({ ...parts, attempt: 2 });
  expect((await scene.rows("FILMS")).map(({ PRICE }) => Number(PRICE))).toEqual([1.509, 2.509]);
});

describe("onlyNew", () => {
  const days = { files: { films: "days/" }, mode: "append", onlyNew: true } as const;

  test("loads everything again into a target that somebody has dropped", async () => {
    await scene.put("days/1.csv", "id,title\n1,Alien\n");
    await scene.load(days);
    await scene.snowflake.statement(`DROP TABLE "RAW"."FILMS"`);
    expect(await scene.load(days)).toMatchObject({ rows: 1 });
    expect(await titles()).toEqual(["Alien"]);
  });

  test("the same where the pod dies between making the target and filling it", async () => {
    await scene.put("days/1.csv", "id,title\n1,Alien\n");
    await scene.load(days);
    await scene.snowflake.statement(`DROP TABLE "RAW"."FILMS"`);
    let isMade = false;
    scene.snowflake.lose((sql) => {
      const isAfter = isMade;
      isMade ||= sql.startsWith('CREATE TABLE IF NOT EXISTS "RAW"."FILMS"');
      return isAfter ? "before" : undefined;
    });
    await expect(scene.load({ ...days, uid: "new" })).rejects.toMatchObject({ kind: "transient" });
    scene.snowflake.lose(() => undefined);
    expect(await scene.load({ ...days, uid: "new", attempt: 2 })).toMatchObject({ rows: 1 });
    expect(await titles()).toEqual(["Alien"]);
  });

  test("loads a file again whose rows another load has taken away", async () => {
    await scene.put("days/1.csv", "id,title\n1,Alien\n");
    await scene.load(days);
    await scene.load(OTHER);
    expect(await scene.load(days)).toMatchObject({ rows: 1 });
    expect(await titles()).toEqual(["Alien", "Heat!", "Ran"]);
  });

  test("takes an object without a byte for loaded, beside others", async () => {
    await scene.put("days/1.csv", "id,title\n1,Alien\n");
    await scene.put("days/2.csv", "");
    expect(await scene.load(days)).toMatchObject({ rows: 1 });
    expect(await scene.load(days)).toMatchObject({ rows: 0 });
  });
});

test("of two targets that are swapped neither is, where the second one cannot be", async () => {
  const files = { films: "one.csv", others: "one.csv" };
  await scene.load({ files });
  await scene.put("one.csv", "id,title\nx,Nil\n");
  const swap = beforeStatement(/SWAP WITH/, async () => {
    const tables = await scene.snowflake.query(
      `SELECT TABLE_NAME AS "T" FROM INFORMATION_SCHEMA.TABLES WHERE STARTSWITH(TABLE_NAME, '_KELT_SWAPPED_') ORDER BY 1`,
    );
    await scene.snowflake.statement(`DROP TABLE "RAW"."${tables.at(-1)?.T}"`);
  });
  await expect(scene.load({ files, uid: "new" })).rejects.toMatchObject({ kind: "configuration" });
  expect(swap.isDone()).toBe(true);
  expect(await titles()).toEqual(["Alien", "Heat"]);
  expect(await scene.rows("OTHERS")).toHaveLength(2);
  await scene.load({ files, uid: "new", attempt: 2 });
  expect(await titles()).toEqual(["Nil"]);
});
