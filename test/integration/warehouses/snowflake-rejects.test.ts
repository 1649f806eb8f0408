import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SnowflakeScene, startSnowflakeScene } from "../../support/snowflake/scene.ts";

let scene: SnowflakeScene;

beforeAll(async () => {
  scene = await startSnowflakeScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => scene.newWarehouse());

const COLUMNS = { films: { id: "integer", year: "date" } };

async function rejects() {
  const rows = await scene.snowflake.query(
    `SELECT URI AS "URI", LINE AS "LINE", ROW_NUMBER AS "ROW", COLUMN_NAME AS "COLUMN", VALUE AS "VALUE", REASON AS "REASON" FROM "RAW"."_KELT_REJECTS" ORDER BY 1, 3, 4`,
  );
  return rows.map(({ URI, LINE, ROW, COLUMN, VALUE, REASON }) => [URI, LINE, ROW, COLUMN, VALUE, REASON]);
}

describe("values that do not fit their type", () => {
  const text = "id,title,year\n1,a,1979-05-25\n2.5,b,1986-02-30\n3,c,x\n4,d,\n";

  test("without a limit nothing is published, and the message names file, row, column and value", async () => {
    await scene.put("films.csv", text);
    await expect(scene.load({ columns: COLUMNS })).rejects.toMatchObject({
      kind: "data",
      code: "TooManyRejects",
      message: expect.stringMatching(
        /2 rows are rejected and none may be.*s3:\/\/lake\/films.csv, row 2, column ID: expected NUMBER\(38,0\); s3:\/\/lake\/films.csv, row 2, column YEAR: expected DATE/,
      ),
    });
    await expect(scene.rows("FILMS")).rejects.toThrow(/does not exist/);
    expect(await rejects()).toEqual([]);
  });

  test("within the limit the others are published, and each bad value is kept with its place and row", async () => {
    await scene.put("films.csv", text);
    expect(await scene.load({ columns: COLUMNS, rejects: { max: 2 } })).toMatchObject({
      message: "1 table, 2 rows, 2 rejected",
    });
    expect((await scene.rows("FILMS")).map(({ TITLE }) => TITLE)).toEqual(["a", "d"]);
    expect(await rejects()).toEqual([
      ["s3://lake/films.csv", null, "2", "ID", "2.5", "expected NUMBER(38,0)"],
      ["s3://lake/films.csv", null, "2", "YEAR", "1986-02-30", "expected DATE"],
      ["s3://lake/films.csv", null, "3", "YEAR", "x", "expected DATE"],
    ]);
    const [row] = await scene.snowflake.query(`SELECT RECORD FROM "RAW"."_KELT_REJECTS" WHERE ROW_NUMBER = 3`);
    expect(JSON.parse(row?.RECORD ?? "")).toEqual({ ID: "3", TITLE: "c", YEAR: "x" });
  });

  test("a target that keeps its types rejects what they cannot hold, and no digit is rounded away", async () => {
    await scene.put("films.csv", "id,title,year\n1,a,1979-05-25\n");
    await scene.load({ columns: COLUMNS, mode: "append" });
    await scene.put("films.csv", "id,title,year\n2.50,b,\n3.0,c,\n");
    expect(await scene.load({ mode: "append", rejects: { max: 1 } })).toMatchObject({
      message: "1 table, 1 rows, 1 rejected",
    });
    expect((await scene.rows("FILMS")).map(({ ID }) => ID)).toEqual(["1", "3"]);
  });
});

describe("rows that cannot be read", () => {
  const text = 'id,title\n1,"a\nb"\n2\n3,c,d\n4,e\n';

  test("without a limit nothing is published, and the message names file and line", async () => {
    await scene.put("films.csv", text);
    await expect(scene.load()).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(
        /2 rows are rejected.*s3:\/\/lake\/films.csv, line 4, row 2: Number of columns in file \(1\)/,
      ),
    });
  });

  test("within the limit the others are published, whatever is wrong with further values of theirs", async () => {
    await scene.put("films.csv", text);
    await scene.put("more.csv", "id,title\n5,f\nx,g\n");
    const load = { files: { films: "*.csv" }, columns: { films: { id: "integer" } }, rejects: { max: 3 } };
    expect(await scene.load(load)).toMatchObject({ message: "1 table, 3 rows, 3 rejected" });
    expect((await scene.rows("FILMS")).map(({ ID }) => ID)).toEqual(["1", "4", "5"]);
    expect(await rejects()).toMatchObject([
      ["s3://lake/films.csv", "4", "2", null, null, expect.stringMatching(/^Number of columns in file \(1\)/)],
      ["s3://lake/films.csv", "5", "3", null, null, expect.stringMatching(/^Number of columns in file \(3\)/)],
      ["s3://lake/more.csv", null, "2", "ID", "x", "expected NUMBER(38,0)"],
    ]);
    await scene.store.remove("more.csv");
  });

  test("that the two COPYs number in different ways are not taken for each other", async () => {
    await scene.put("films.csv", "id,title\n1,a\n2\n3,c\n");
    let isNumbered = false;
    scene.snowflake.lose(async (sql) => {
      const [, landed] = /^DELETE FROM ("RAW"."_KELT_LANDED_\w+")/.exec(sql) ?? [];
      if (landed === undefined || isNumbered) return undefined;
      isNumbered = true;
      await scene.snowflake.statement(`UPDATE ${landed} SET "_KELT_ROW" = "_KELT_ROW" + 1 WHERE 1 = 1`);
      return undefined;
    });
    await expect(scene.load({ rejects: { max: 3 } })).rejects.toMatchObject({ kind: "data", code: "UnreadableRows" });
    expect(isNumbered).toBe(true);
  });

  test("a quote that is never closed is found", async () => {
    await scene.put("films.csv", 'id,title\n1,a\n2,"b\n3,c\n');
    await expect(scene.load()).rejects.toMatchObject({ kind: "data", message: expect.stringMatching(/line 3, row 2/) });
  });
});

describe("JSON", () => {
  test("keys of all documents are columns, each of the type that its values agree on, packed or not", async () => {
    await scene.put(
      "films.jsonl.gz",
      '{"id": 1, "title": "Alien", "score": 8.5, "tags": ["a"], "on": "1979-05-25", "zip": "00123"}\n{"id": 2, "extra": {"a": null}, "title": null, "score": 7}\n',
    );
    expect(await scene.load({ files: { films: "films.jsonl.gz" } })).toMatchObject({ rows: 2 });
    expect(await scene.types("FILMS")).toMatchObject({
      ID: "NUMBER(38,0)",
      TITLE: "VARCHAR(16777216)",
      SCORE: "NUMBER(38,9)",
      TAGS: "VARIANT",
      ON: "DATE",
      ZIP: "VARCHAR(16777216)",
      EXTRA: "VARIANT",
    });
    const rows = await scene.snowflake.query(
      `SELECT "ID", "TITLE", "SCORE", "ZIP", TO_JSON("EXTRA") AS "EXTRA" FROM "RAW"."FILMS" ORDER BY 1`,
    );
    expect(rows.map(({ SCORE, ...row }) => ({ ...row, SCORE: Number(SCORE) }))).toEqual([
      { ID: "1", TITLE: "Alien", SCORE: 8.5, ZIP: "00123", EXTRA: null },
      { ID: "2", TITLE: null, SCORE: 7, ZIP: null, EXTRA: '{"a":null}' },
    ]);
  });

  test("documents that are no objects or no JSON, and values of another type, are rejected with their place", async () => {
    await scene.put("films.jsonl", '{"id": 1}\n[2]\n{"id": "x"}\n{"id": \n');
    const columns = { films: { id: "integer", title: "text" } };
    await expect(scene.load({ files: { films: "films.jsonl" }, columns })).rejects.toMatchObject({
      kind: "data",
      code: "TooManyRejects",
    });
    const outcome = await scene.load({ files: { films: "films.jsonl" }, columns, rejects: { max: 3 } });
    expect(outcome).toMatchObject({ message: "1 table, 1 rows, 3 rejected" });
    expect(await scene.rows("FILMS")).toEqual([{ ID: "1", TITLE: null }]);
    expect(await rejects()).toMatchObject([
      ["s3://lake/films.jsonl", null, "2", null, "[2]", "expected a JSON object"],
      ["s3://lake/films.jsonl", null, "3", "ID", "x", "expected NUMBER(38,0)"],
      ["s3://lake/films.jsonl", "4", "4", null, null, expect.stringMatching(/JSON/)],
    ]);
  });
});
