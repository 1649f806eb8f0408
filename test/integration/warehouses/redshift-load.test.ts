import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { type ObjectsLoad, type RedshiftLake, startRedshiftLake } from "../../support/redshift/lake.ts";

let lake: RedshiftLake;

beforeAll(async () => {
  lake = await startRedshiftLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

const FIRST = "id,title,price\n1,a,1.5\n2,b,\n";
const SECOND = "id,title,price\n2,c,2.5\n3,d,3.25\n";

/** Loads two versions of one file, each by a run of its own, and answers how both were published. */
async function loadTwice(parts: ObjectsLoad, first = FIRST, second = SECOND): Promise<(string | null)[]> {
  await lake.put("titles.csv", first);
  await lake.load({ ...parts, uid: "first" });
  await lake.put("titles.csv", second);
  await lake.load({ ...parts, uid: "second" });
  const records = await lake.warehouse.query(
    `SELECT tables::json -> 0 ->> 'published' AS how FROM raw._kelt_loads ORDER BY load_id`,
  );
  return records.map(({ how }) => how ?? null);
}

describe("each mode, twice", () => {
  test.each<readonly [string, ObjectsLoad, string, readonly (readonly (string | null)[])[]]>([
    [
      "replace leaves exactly the rows of the last load",
      { mode: "replace" },
      "refilled",
      [
        ["2", "c", "2.50"],
        ["3", "d", "3.25"],
      ],
    ],
    [
      "append adds rows",
      { mode: "append", columns: { titles: { price: "decimal(10,2)" } } },
      "appended",
      [
        ["1", "a", "1.50"],
        ["2", "b", null],
        ["2", "c", "2.50"],
        ["3", "d", "3.25"],
      ],
    ],
    [
      "truncate empties, and keeps the types of the columns",
      { mode: "truncate", columns: { titles: { price: "decimal(10,2)" } } },
      "truncated",
      [
        ["2", "c", "2.50"],
        ["3", "d", "3.25"],
      ],
    ],
    [
      "merge updates known keys and adds others",
      { mode: "merge", key: ["id"], columns: { titles: { price: "decimal(10,2)" } } },
      "merged",
      [
        ["1", "a", "1.50"],
        ["2", "c", "2.50"],
        ["3", "d", "3.25"],
      ],
    ],
    [
      "deleteInsert deletes the rows of the new keys first",
      { mode: "deleteInsert", key: ["id"], columns: { titles: { price: "decimal(10,2)" } } },
      "deleteInserted",
      [
        ["1", "a", "1.50"],
        ["2", "c", "2.50"],
        ["3", "d", "3.25"],
      ],
    ],
  ])("%s", async (_name, parts, published, rows) => {
    expect(await loadTwice(parts)).toEqual(["created", published]);
    expect(await lake.rows("raw.titles")).toEqual(rows);
    expect(
      await lake.warehouse.query("SELECT uri, load_id FROM raw._kelt_files ORDER BY loaded_at, load_id"),
    ).toHaveLength(1);
  });

  test("a key that stands twice in the rows, or is NULL, is refused", async () => {
    await lake.put("titles.csv", "id,title\n1,a\n1,b\n,c\n");
    await expect(lake.load({ mode: "merge", key: ["id"] })).rejects.toThrow(
      "load.key (id) of the rows for raw.titles: expected each key once and without NULL, found a key in 2 rows, a key with NULL in 1 row",
    );
    await expect(lake.load({ mode: "deleteInsert", key: ["id"] })).rejects.toThrow("found a key with NULL in 1 row");
  });

  test("a target that holds a key more than once is not merged into", async () => {
    await lake.put("titles.csv", "id,title\n1,a\n");
    await lake.load({ mode: "merge", key: ["id"] });
    await lake.warehouse.query("INSERT INTO raw.titles VALUES (1, 'twice')");
    await expect(lake.load({ mode: "merge", key: ["id"] })).rejects.toMatchObject({ code: "RowCountMismatch" });
    expect(await lake.rows("raw.titles")).toEqual([
      ["1", "a"],
      ["1", "twice"],
    ]);
  });

  test("a merge leaves columns alone that the rows do not bring", async () => {
    await lake.put("titles.csv", "id,title\n1,a\n");
    await lake.load({ mode: "merge", key: ["id"] });
    await lake.warehouse.query(
      "ALTER TABLE raw.titles ADD COLUMN note varchar(10); UPDATE raw.titles SET note = 'mine'",
    );
    await lake.put("titles.csv", "id,title\n1,b\n2,c\n");
    await lake.load({ mode: "merge", key: ["id"] });
    expect(await lake.rows("raw.titles")).toEqual([
      ["1", "b", "mine"],
      ["2", "c", null],
    ]);
  });
});

describe("a load is done once", () => {
  test("an attempt after the one that committed does nothing, and says so", async () => {
    await lake.put("titles.csv", FIRST);
    await lake.load({ mode: "append", uid: "once" });
    await lake.store.remove("titles.csv");
    expect(await lake.load({ mode: "append", uid: "once", attempt: 2 })).toMatchObject({
      message: "1 table, 2 rows, loaded by attempt 1",
      rows: 2,
    });
    expect(await lake.rows("raw.titles")).toHaveLength(2);
  });

  test("of two pods of one load one publishes, and both answer its record", async () => {
    await lake.put("titles.csv", FIRST);
    await lake.load({ files: { others: "titles.csv" } });
    const outcomes = await Promise.all([1, 2].map(() => lake.load({ mode: "append", uid: "twins" })));
    expect(outcomes.map(({ rows }) => rows)).toEqual([2, 2]);
    expect(await lake.rows("raw.titles")).toHaveLength(2);
    expect(await lake.warehouse.query("SELECT FROM raw._kelt_loads WHERE load_id = 'twins/raw'")).toHaveLength(1);
  });

  test("only new and changed objects are loaded when that is wanted", async () => {
    await lake.put("days/1.csv", "id\n1\n");
    const parts: ObjectsLoad = { mode: "append", onlyNew: true, files: { days: "days/" } };
    expect(await lake.load(parts)).toMatchObject({ rows: 1 });
    await lake.put("days/2.csv", "id\n2\n");
    expect(await lake.load(parts)).toMatchObject({ rows: 1 });
    expect(await lake.load(parts)).toMatchObject({ rows: 0, message: "0 tables, 0 rows" });
    await lake.put("days/1.csv", "id\n10\n");
    expect(await lake.load(parts)).toMatchObject({ rows: 1 });
    expect(await lake.rows("raw.days")).toEqual([["1"], ["10"], ["2"]].sort((a, b) => Number(a[0]) - Number(b[0])));
  });
});

describe("what stays", () => {
  test("views and grants work after a replace", async () => {
    await lake.put("titles.csv", FIRST);
    await lake.load();
    await lake.warehouse.query(
      "CREATE VIEW public.seen AS SELECT title FROM raw.titles; GRANT SELECT ON raw.titles TO public",
    );
    await lake.put("titles.csv", SECOND);
    await lake.load();
    expect(await lake.rows("public.seen")).toEqual([["c"], ["d"]]);
    expect(await lake.warehouse.query("SELECT has_table_privilege('public', 'raw.titles', 'SELECT') AS may")).toEqual([
      { may: "t" },
    ]);
  });

  test("what an earlier attempt left in the bucket goes, and what another pod of this one has there stays", async () => {
    await lake.put("titles.csv", FIRST);
    const keys = ["1/a/x.manifest", "2/b/y.manifest"].map((key) => `_kelt/left/raw/copy/${key}`);
    for (const key of keys) await lake.put(key, "{}");
    await lake.load({ uid: "left", attempt: 2 });
    expect(await Promise.all(keys.map(async (key) => (await lake.store.find(key))?.key))).toEqual([undefined, keys[1]]);
    await lake.store.remove(keys[1] ?? "");
  });

  test("nothing of the load stays in the bucket or among the tables", async () => {
    await lake.put("titles.csv", FIRST);
    await lake.load();
    const keys: string[] = [];
    for await (const { key } of lake.store.list("_kelt/")) keys.push(key);
    expect(keys).toEqual([]);
    expect(
      await lake.warehouse.query(
        "SELECT relname FROM pg_class WHERE relname LIKE '\\_kelt\\_%' AND relkind = 'r' ORDER BY 1",
      ),
    ).toEqual(["_kelt_files", "_kelt_loads", "_kelt_rejects"].map((relname) => ({ relname })));
  });
});

describe("columns that change", () => {
  const MORE = "id,title,year\n1,a,2026\n";

  test("replace follows the files: new columns come, others go, types change", async () => {
    await loadTwice({}, "id,title,price\n1,a,1.5\n", "id,title,year\nx,a,2026\n");
    expect(await lake.types("raw.titles")).toEqual({
      title: "character varying(65535)",
      year: "bigint",
      id: "character varying(65535)",
    });
    expect(await lake.warehouse.query("SELECT id, title, year FROM raw.titles")).toEqual([
      { id: "x", title: "a", year: "2026" },
    ]);
  });

  test("append adds columns and leaves those that are missing empty", async () => {
    await loadTwice({ mode: "append" }, "id,title\n1,a\n", "id,year\n2,2026\n");
    expect(await lake.rows("raw.titles")).toEqual([
      ["1", "a", null],
      ["2", null, "2026"],
    ]);
  });

  test("freeze refuses other columns and types, and publishes nothing", async () => {
    await lake.put("titles.csv", "id,title\n1,a\n");
    await lake.load({ schemaChange: "freeze" });
    await lake.put("titles.csv", MORE);
    await expect(lake.load({ schemaChange: "freeze" })).rejects.toThrow(
      "raw.titles keeps its columns (freeze), but what is loaded has others: column year (bigint) is new",
    );
    await expect(
      lake.load({ schemaChange: "freeze", files: { titles: "titles.csv" }, columns: { titles: { id: "integer" } } }),
    ).rejects.toThrow("column id is integer instead of bigint");
    expect(await lake.rows("raw.titles")).toEqual([["1", "a"]]);
  });

  test("a declared type that is not the target's is refused where rows are kept", async () => {
    await lake.put("titles.csv", "id,title\n1,a\n");
    await lake.load({ mode: "append" });
    await expect(lake.load({ mode: "append", columns: { titles: { id: "integer" } } })).rejects.toThrow(
      "raw.titles keeps the types of its columns (load.mode: append), but what is loaded has others: column id is integer instead of bigint",
    );
  });

  test("a column with a default is the user's own", async () => {
    await lake.put("titles.csv", "id,title\n1,a\n");
    await lake.load();
    await lake.warehouse.query("ALTER TABLE raw.titles ADD COLUMN loaded date DEFAULT '2026-01-01'");
    await lake.load();
    expect(await lake.rows("raw.titles")).toEqual([["1", "a", "2026-01-01"]]);
  });

  test("a contract freezes tables and types, and leaves nothing out", async () => {
    await lake.put("titles.csv", MORE);
    await expect(lake.load({ schemaContract: { tables: "freeze" } })).rejects.toThrow(
      "raw.titles does not exist, and no table may be made (load.schemaContract.tables: freeze)",
    );
    await lake.load();
    await lake.put("titles.csv", "id,title\nx,a\n");
    await expect(lake.load({ schemaContract: { types: "freeze" } })).rejects.toThrow(
      "line 2, column id: Invalid digit, Pos 0, Type: Bigint",
    );
    await lake.load({
      schemaContract: { types: "freeze" },
      columns: { titles: { id: "bigint" } },
      rejects: { max: 1 },
    });
    expect(await lake.types("raw.titles")).toMatchObject({ id: "bigint" });
    await expect(lake.load({ schemaChange: "discardRow" })).rejects.toThrow(
      "a warehouse that reads objects itself takes evolve and freeze",
    );
  });

  test("a view is no target", async () => {
    await lake.put("titles.csv", MORE);
    await lake.load();
    await lake.warehouse.query("CREATE VIEW raw.seen AS SELECT 1 AS id");
    await expect(lake.load({ files: { seen: "titles.csv" } })).rejects.toThrow("target raw.seen is a view");
  });
});

describe("deleteInsert of a range", () => {
  beforeEach(async () => {
    await lake.put(
      "titles.csv",
      "id,day,at\n1,2026-10-31,2026-10-31 23:59:59\n2,2026-11-01,2026-11-01 00:00:00\n3,2026-12-01,2026-12-01 00:00:00\n",
    );
    await lake.load({ mode: "append" });
    await lake.put("titles.csv", "id,day,at\n4,2026-11-30,2026-11-30 23:59:59\n");
  });
  const ids = async () => (await lake.rows("raw.titles")).map(([id]) => id).toSorted();

  test.each([
    { column: "Day", from: "2026-11-01", to: "2026-12-01" },
    { column: "at", from: "2026-11-01T01:00:00+01:00", to: "2026-12-01" },
    { column: "id", from: "2", to: "5" },
  ])("%o", async (range) => {
    await lake.load({ mode: "deleteInsert", range });
    expect(await ids()).toEqual(range.column === "id" ? ["1", "4"] : ["1", "3", "4"]);
  });

  test.each([
    [{ column: "day", from: "2026-12-01" }, "RowsOutsideRange", "found another value in 1 row"],
    [{ column: "day", from: "7" }, "UnusableRange", "load.range.from: expected a value of date"],
    [{ column: "when", from: "7" }, "UnknownRange", "the rows for raw.titles have no column when"],
  ])("is refused: %o", async (range, code, message) => {
    await expect(lake.load({ mode: "deleteInsert", range })).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    expect(await ids()).toEqual(["1", "2", "3"]);
  });

  test("is refused where the target lacks the column", async () => {
    await lake.warehouse.query("ALTER TABLE raw.titles DROP COLUMN day");
    await expect(
      lake.load({ mode: "deleteInsert", range: { column: "day", from: "2026-11-01" } }),
    ).rejects.toMatchObject({ code: "UnknownRange" });
    expect(await ids()).toEqual(["1", "2", "3"]);
  });
});

test("rows of a target that lacks the key are not left beside those that were to replace them", async () => {
  await lake.put("titles.csv", "title\na\n");
  await lake.load({ mode: "append" });
  await lake.put("titles.csv", "id,title\n1,a\n");
  await expect(lake.load({ mode: "merge", key: ["id"] })).rejects.toMatchObject({ code: "UnknownKey" });
  expect(await lake.rows("raw.titles")).toEqual([["a"]]);
});
