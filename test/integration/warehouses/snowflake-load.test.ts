import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type SnowflakeScene, startSnowflakeScene } from "../../support/snowflake/scene.ts";

let scene: SnowflakeScene;

beforeAll(async () => {
  scene = await startSnowflakeScene();
});
afterAll(() => scene?.[Symbol.asyncDispose]());
beforeEach(() => scene.newWarehouse());

const FILMS = 'id,title,price\n1,"Alien, the ""first""",1.50\n2,,20\n3,"",0.99\n';
/** Another order of columns, one id that is known and one that is not. */
const NEXT = "price,id,title\n3.10,4,Heat\n2.25,1,Alien\n";

async function films(): Promise<readonly string[]> {
  return (await scene.rows("FILMS")).map(({ ID, TITLE, PRICE }) => [ID, TITLE ?? "NULL", Number(PRICE)].join("|"));
}

describe("modes", () => {
  test.each([
    ["replace", ["1|Alien|2.25", "4|Heat|3.1"]],
    ["truncate", ["1|Alien|2.25", "4|Heat|3.1"]],
    ["append", ['1|Alien, the "first"|1.5', "1|Alien|2.25", "2|NULL|20", "3||0.99", "4|Heat|3.1"]],
    ["merge", ["1|Alien|2.25", "2|NULL|20", "3||0.99", "4|Heat|3.1"]],
    ["deleteInsert", ["1|Alien|2.25", "2|NULL|20", "3||0.99", "4|Heat|3.1"]],
  ] as const)(
    "%s: the first load makes the table, the second one does what it says, a repeat of either does nothing",
    async (mode, expected) => {
      const key = mode === "merge" || mode === "deleteInsert" ? { key: ["id"] } : {};
      await scene.put("films.csv", FILMS);
      expect(await scene.load({ mode, ...key, uid: "one" })).toMatchObject({ message: "1 table, 3 rows", rows: 3 });
      expect(await films()).toEqual(['1|Alien, the "first"|1.5', "2|NULL|20", "3||0.99"]);
      const repeated = await scene.load({ mode, ...key, uid: "one", attempt: 2 });
      expect(repeated.message).toBe("1 table, 3 rows, loaded by attempt 1");
      await scene.put("films.csv", NEXT);
      expect(await scene.load({ mode, ...key, uid: "two" })).toMatchObject({ rows: 2 });
      expect((await films()).toSorted()).toEqual([...expected].toSorted());
      await scene.load({ mode, ...key, uid: "two", attempt: 2 });
      expect((await films()).toSorted()).toEqual([...expected].toSorted());
      const records = await scene.snowflake.query(`SELECT LOAD_ID, "ROWS" FROM "RAW"."_KELT_LOADS" ORDER BY 1`);
      expect(records.map(({ LOAD_ID, ROWS }) => [LOAD_ID, ROWS])).toEqual([
        ["one/raw", "3"],
        ["two/raw", "2"],
      ]);
    },
  );

  test("a key that is NULL, or in several rows of a merge, is refused before anything is written", async () => {
    await scene.put("films.csv", "id,title\n1,Alien\n1,Aliens\n,Heat\n");
    await expect(scene.load({ mode: "merge", key: ["id"] })).rejects.toMatchObject({
      kind: "data",
      code: "UnusableKey",
      message: expect.stringMatching(/a key in 2 rows, a key with NULL in 1 row/),
    });
    await expect(scene.load({ mode: "deleteInsert", key: ["isbn"] })).rejects.toMatchObject({ code: "UnknownKey" });
    await expect(scene.rows("FILMS")).rejects.toThrow(/does not exist/);
  });

  test("a merge of JSON keeps what an object does not bring, and takes away what it says is null", async () => {
    const merge = { mode: "merge", key: ["id"], files: { films: "films.jsonl" } } as const;
    await scene.put("films.jsonl", '{"id":1,"a":"x","b":"y"}\n{"id":2,"a":"x","b":"y"}\n');
    await scene.load({ ...merge, key: ["id"], uid: "one" });
    await scene.put("films.jsonl", '{"id":1,"a":"z"}\n{"id":2,"b":null}\n{"id":3,"b":"r"}\n');
    expect(await scene.load({ ...merge, key: ["id"], uid: "two" })).toMatchObject({ rows: 3 });
    expect((await scene.rows("FILMS")).toSorted((a, b) => Number(a.ID) - Number(b.ID))).toEqual([
      { A: "z", B: "y", ID: "1" },
      { A: "x", B: null, ID: "2" },
      { A: null, B: "r", ID: "3" },
    ]);
  });

  test("several tables are published together, and nothing of kelt's is left beside them", async () => {
    await scene.put("films.csv", FILMS);
    await scene.put("actors/1.csv.gz", "id,name\n1,Sigourney Weaver\n");
    await scene.put("actors/2.csv", 'name,id\n"Hurt,\nJohn",2\n');
    const outcome = await scene.load({ files: { films: "films.csv", actors: "actors/" } });
    expect(outcome).toMatchObject({ message: "2 tables, 5 rows" });
    expect(await scene.rows("ACTORS")).toEqual([
      { ID: "1", NAME: "Sigourney Weaver" },
      { ID: "2", NAME: "Hurt,\nJohn" },
    ]);
    const tables = await scene.snowflake.query(
      `SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' ORDER BY 1`,
    );
    expect(tables.map(({ TABLE_NAME }) => TABLE_NAME)).toEqual([
      "ACTORS",
      "FILMS",
      "_KELT_FILES",
      "_KELT_LOADS",
      "_KELT_REJECTS",
      "_KELT_TARGETS",
    ]);
  });
});

describe("types", () => {
  test("what would change in a type stays text, and what fits keeps every digit", async () => {
    const rows = [
      "zip,big,money,exact,flag,day,at,zoned,sci,minus,mixed,empty",
      "00123,9007199254740993,1.10,0.1234567890123,true,2026-02-28,2026-02-28 06:00:00.123456,2026-02-28T06:00:00Z,1e5,-0,1,",
      "00124,1,22,3,FALSE,1999-12-31,2026-02-28T06:00,2026-02-28 06:00:00+02:00,2e5,1,x,",
    ];
    await scene.put("films.csv", `\ufeff${rows.join("\r\n")}\r\n`);
    await scene.load();
    expect(await scene.types("FILMS")).toMatchObject({
      ZIP: "VARCHAR(16777216)",
      BIG: "NUMBER(38,0)",
      MONEY: "NUMBER(38,9)",
      EXACT: "NUMBER(38,13)",
      FLAG: "BOOLEAN",
      DAY: "DATE",
      AT: "TIMESTAMP_NTZ(9)",
      ZONED: "TIMESTAMP_TZ(9)",
      SCI: "VARCHAR(16777216)",
      MINUS: "VARCHAR(16777216)",
      MIXED: "VARCHAR(16777216)",
      EMPTY: "VARCHAR(16777216)",
    });
    const [row] = await scene.rows("FILMS");
    expect(row).toMatchObject({
      ZIP: "00123",
      BIG: "9007199254740993",
      EXACT: "0.1234567890123",
      SCI: "1e5",
      MINUS: "-0",
      EMPTY: null,
    });
    const [times] = await scene.snowflake.query(
      `SELECT TO_VARCHAR("DAY") AS "DAY", TO_VARCHAR("AT") AS "AT", DATE_PART(EPOCH_SECOND, "ZONED") AS "ZONED" FROM "RAW"."FILMS" WHERE "ZIP" = '00124'`,
    );
    expect(times).toMatchObject({ DAY: "1999-12-31", AT: expect.stringMatching(/^2026-02-28 06:00:00/) });
    expect(Number(times?.ZONED)).toBe(Date.parse("2026-02-28T06:00:00+02:00") / 1000);
  });

  test("declared types win; a number without a scale holds all digits of its values", async () => {
    await scene.put("films.csv", "id,zip,score,at\n1,00123,8.25,2026-02-28 06:00:00\n2,00124,7,\n");
    const columns = { films: { id: "integer", zip: "text", score: "numeric", at: "timestamp with time zone" } };
    await scene.load({ mode: "truncate", columns });
    expect(await scene.types("FILMS")).toEqual({
      ID: "NUMBER(38,0)",
      ZIP: "VARCHAR(16777216)",
      SCORE: "NUMBER(38,9)",
      AT: "TIMESTAMP_TZ(9)",
    });
    expect((await scene.rows("FILMS")).map(({ SCORE }) => Number(SCORE))).toEqual([8.25, 7]);
  });

  test("a type that Snowflake does not have, and a column that the files do not have, are named", async () => {
    await scene.put("films.csv", FILMS);
    await expect(scene.load({ columns: { films: { id: "jsonb" } } })).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringMatching(/load.columns declares jsonb: expected types of Snowflake/),
    });
    await expect(scene.load({ columns: { films: { isbn: "text" } } })).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(/declares isbn, which the files do not have; they have: ID, TITLE, PRICE/),
    });
  });

  test("names that differ in upper and lower case alone are refused", async () => {
    await scene.put("films.csv", "id,Title,TITLE\n1,a,b\n");
    await expect(scene.load()).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(/line 1, column 3: .*found "TITLE" and "Title"/),
    });
  });

  test("a dialect of CSV is read as it is written", async () => {
    await scene.put("films.csv", "id;title;note\n1;'a;b''c';NA\n2;;x\\y\n");
    await scene.load({ format: { csv: { delimiter: ";", quote: "'", null: "NA" } } });
    expect(await scene.rows("FILMS")).toEqual([
      { ID: "1", TITLE: "a;b'c", NOTE: null },
      { ID: "2", TITLE: "", NOTE: "x\\y" },
    ]);
    await expect(scene.load({ format: { csv: { quote: "|" } } })).rejects.toMatchObject({ kind: "configuration" });
  });
});

describe("columns that change", () => {
  const WIDER = "id,title,price,year\n1,Alien,2.25,1979\n";

  test("evolve adds columns in every mode, and rows before have none of them", async () => {
    await scene.put("films.csv", FILMS);
    await scene.load({ mode: "append" });
    await scene.put("films.csv", WIDER);
    await scene.load({ mode: "append" });
    expect(await scene.types("FILMS")).toMatchObject({ YEAR: "NUMBER(38,0)" });
    expect((await scene.rows("FILMS")).filter(({ YEAR }) => YEAR !== null)).toHaveLength(1);
  });

  test("replace by other columns swaps a whole table in, with its grants and comment, and views go on by name", async () => {
    await scene.put("films.csv", WIDER);
    await scene.load();
    await scene.snowflake.statement(`GRANT SELECT ON TABLE "RAW"."FILMS" TO ROLE READER`);
    await scene.snowflake.statement(`COMMENT ON TABLE "RAW"."FILMS" IS 'films'' own'`);
    await scene.snowflake.statement(`CREATE VIEW "RAW"."TITLES" AS SELECT "ID", "TITLE" FROM "RAW"."FILMS"`);
    await scene.put("films.csv", "id,title,price\nx1,Heat,3\n");
    expect(await scene.load()).toMatchObject({ rows: 1 });
    expect(await scene.types("FILMS")).toEqual({
      TITLE: "VARCHAR(16777216)",
      ID: "VARCHAR(16777216)",
      PRICE: "NUMBER(38,0)",
    });
    expect(await scene.snowflake.query(`SELECT * FROM "RAW"."TITLES"`)).toEqual([{ ID: "x1", TITLE: "Heat" }]);
    expect(await scene.snowflake.statement(`SHOW GRANTS ON TABLE "RAW"."FILMS"`)).toMatchObject([
      { privilege: "SELECT", grantee_name: "READER" },
    ]);
    const tables = await scene.snowflake.query(
      `SELECT TABLE_NAME AS "NAME", COALESCE(COMMENT, '') AS "REMARK" FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' AND TABLE_TYPE = 'BASE TABLE' ORDER BY 1`,
    );
    expect(tables).toHaveLength(5);
    expect(tables[0]).toEqual({ NAME: "FILMS", REMARK: "films' own" });
  });

  test("a contract that lets no table be made, or leaves out rows, is kept or refused", async () => {
    await scene.put("films.csv", FILMS);
    const frozen = scene.load({ schemaContract: { tables: "freeze" } });
    await expect(frozen).rejects.toMatchObject({
      code: "SchemaChanged",
      message: expect.stringMatching(/may be made/),
    });
    await expect(scene.rows("FILMS")).rejects.toThrow(/does not exist/);
    const discarding = scene.load({ schemaContract: { columns: "discardRow" } });
    await expect(discarding).rejects.toMatchObject({ kind: "configuration", code: "UnsupportedContract" });
  });

  test("freeze, and modes that keep their columns, refuse others by name", async () => {
    await scene.put("films.csv", FILMS);
    await scene.load();
    await scene.put("films.csv", WIDER);
    await expect(scene.load({ schemaChange: "freeze" })).rejects.toMatchObject({
      kind: "data",
      message: expect.stringMatching(/column YEAR \(NUMBER\(38,0\)\) is new/),
    });
    await expect(scene.load({ mode: "truncate", columns: { films: { price: "text" } } })).rejects.toMatchObject({
      code: "SchemaChanged",
      message: expect.stringMatching(/column PRICE is VARCHAR\(16777216\) instead of NUMBER\(38,9\)/),
    });
    expect(await scene.rows("FILMS")).toHaveLength(3);
  });
});

test("onlyNew loads objects that are new or have changed, beyond what COPY remembers", async () => {
  await scene.put("in/1.csv", "id\n1\n");
  const load = () => scene.load({ files: { films: "in/" }, mode: "append", onlyNew: true });
  expect(await load()).toMatchObject({ rows: 1 });
  await scene.put("in/2.csv", "id\n2\n");
  expect(await load()).toMatchObject({ rows: 1 });
  expect(await load()).toMatchObject({ rows: 0 });
  await scene.put("in/1.csv", "id\n3\n");
  expect(await load()).toMatchObject({ rows: 1 });
  expect((await scene.rows("FILMS")).map(({ ID }) => ID)).toEqual(["1", "2", "3"]);
  await scene.load({ files: { films: "in/" }, mode: "append" });
  expect((await scene.rows("FILMS")).map(({ ID }) => ID)).toEqual(["1", "2", "2", "3", "3"]);
});

describe("deleteInsert of a range", () => {
  beforeEach(async () => {
    await scene.put(
      "films.csv",
      "id,day,at\n1,2026-10-31,2026-10-31 23:59:59\n2,2026-11-01,2026-11-01 00:00:00\n3,2026-12-01,2026-12-01 00:00:00\n",
    );
    await scene.load({ mode: "append" });
    await scene.put("films.csv", "id,day,at\n4,2026-11-30,2026-11-30 23:59:59\n");
  });
  const ids = async () => (await scene.rows("FILMS")).map(({ ID }) => ID);

  test.each([
    { column: "day", from: "2026-11-01", to: "2026-12-01" },
    { column: "at", from: "2026-11-01T01:00:00+01:00", to: "2026-12-01" },
    { column: "id", from: "2", to: "5" },
  ])("%o", async (range) => {
    await scene.load({ mode: "deleteInsert", range });
    expect(await ids()).toEqual(range.column === "id" ? ["1", "4"] : ["1", "3", "4"]);
  });

  test.each([
    [{ column: "day", from: "2026-12-01" }, "RowsOutsideRange", "found another value in 1 row"],
    [{ column: "day", from: "7" }, "UnusableRange", "load.range.from: expected a value of DATE"],
    [{ column: "when", from: "7" }, "UnknownRange", "the rows for RAW.FILMS have no column WHEN"],
  ])("is refused: %o", async (range, code, message) => {
    await expect(scene.load({ mode: "deleteInsert", range })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await ids()).toEqual(["1", "2", "3"]);
  });
});

test("rows of a target that lacks the key are not left beside those that were to replace them", async () => {
  await scene.put("films.csv", "title\na\n");
  await scene.load({ mode: "append" });
  await scene.put("films.csv", "id,title\n1,a\n");
  await expect(scene.load({ mode: "merge", key: ["id"] })).rejects.toMatchObject({ code: "UnknownKey" });
  expect(await scene.rows("FILMS")).toEqual([{ TITLE: "a" }]);
});
