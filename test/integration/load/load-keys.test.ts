import { beforeEach, describe, expect, test } from "vitest";
import type { LoadMode } from "../../../task-image/loading/writing.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  const databases = useLoadDatabases(version);
  beforeEach(async () => {
    await databases.source.query(`CREATE TABLE films (film_id int, day date, title text);
      INSERT INTO films VALUES (1, '2024-01-01', 'Aurora'), (2, '2024-01-01', 'Bastion'), (3, '2024-01-02', NULL)`);
  });

  function runLoad(mode: LoadMode, key: string[], uid?: string) {
    const from = { connection: "source", schema: "public", tables: ["films"] };
    return databases.load({ from, to: { connection: "warehouse", schema: "raw" }, mode, key }, { uid });
  }
  const rows = async () =>
    (
      await databases.warehouse.query("SELECT concat_ws(' ', film_id, day, title) AS row FROM raw.films ORDER BY 1")
    ).map(({ row }) => row);
  const published = async () =>
    (
      await databases.warehouse.query("SELECT tables->0->>'published' AS p FROM raw._kelt_loads ORDER BY committed_at")
    ).map(({ p }) => p);

  test("merge updates the rows of known keys, adds the others and keeps those that did not come", async () => {
    await runLoad("merge", ["film_id"]);
    await databases.source.query(
      "DELETE FROM films WHERE film_id = 1; UPDATE films SET title = 'Basalt' WHERE film_id = 2; INSERT INTO films VALUES (4, NULL, 'Comet')",
    );
    expect(await runLoad("merge", ["film_id"])).toMatchObject({ message: "1 table, 3 rows" });
    expect(await rows()).toEqual(["1 2024-01-01 Aurora", "2 2024-01-01 Basalt", "3 2024-01-02", "4 Comet"]);
    expect(await published()).toEqual(["created", "merged"]);
  });

  test("merge keeps what hangs on the target, what it computes and columns of its own", async () => {
    await runLoad("merge", ["film_id"]);
    await databases.warehouse.query(`ALTER TABLE raw.films ADD COLUMN note text DEFAULT 'new',
        ADD COLUMN length int GENERATED ALWAYS AS (length(title)) STORED;
      UPDATE raw.films SET note = 'seen'; CREATE VIEW raw.titles AS SELECT title, note, length FROM raw.films`);
    await databases.source.query(
      "UPDATE films SET title = 'Aurora II' WHERE film_id = 1; INSERT INTO films VALUES (4, NULL, 'Comet')",
    );
    await runLoad("merge", ["film_id"]);
    expect(
      await databases.warehouse.query("SELECT * FROM raw.titles WHERE title IN ('Aurora II', 'Comet') ORDER BY 1"),
    ).toEqual([
      { title: "Aurora II", note: "seen", length: "9" },
      { title: "Comet", note: "new", length: "5" },
    ]);
  });

  test("merge adds a column that the source has got", async () => {
    await runLoad("merge", ["film_id"]);
    await databases.source.query(
      "ALTER TABLE films ADD COLUMN year int; DELETE FROM films WHERE film_id > 1; UPDATE films SET year = 1999",
    );
    await runLoad("merge", ["film_id"]);
    expect(await databases.warehouse.query("SELECT film_id, year FROM raw.films ORDER BY 1")).toEqual([
      { film_id: "1", year: "1999" },
      { film_id: "2", year: null },
      { film_id: "3", year: null },
    ]);
  });

  test.each([
    ["two rows of one key", "merge", "film_id", "INSERT INTO films VALUES (2, NULL, 'Twin')", "a key in 2 rows"],
    [
      "NULL in the key",
      "merge",
      "film_id",
      "INSERT INTO films VALUES (NULL, NULL, 'None')",
      "a key with NULL in 1 row",
    ],
    ["NULL in the key", "deleteInsert", "day", "UPDATE films SET day = NULL", "a key with NULL in 3 rows"],
  ] as const)(
    "%s is refused by %s, with the key, and nothing is published",
    async (_what, mode, key, change, message) => {
      await runLoad(mode, [key]);
      const before = await rows();
      await databases.source.query(change);
      await expect(runLoad(mode, [key])).rejects.toMatchObject({
        kind: "data",
        code: "UnusableKey",
        message: expect.stringContaining(`found ${message}. Nothing has been published`),
      });
      expect(await rows()).toEqual(before);
      expect(await published()).toEqual(["created"]);
    },
  );

  test("a target that holds a key twice is not merged into", async () => {
    await databases.warehouse.query(
      "CREATE SCHEMA raw; CREATE TABLE raw.films (film_id int, day date, title text); INSERT INTO raw.films VALUES (1), (1)",
    );
    await expect(runLoad("merge", ["film_id"])).rejects.toMatchObject({
      code: "RowCountMismatch",
      message: expect.stringContaining("it holds a key more than once"),
    });
    expect(await databases.warehouse.query("SELECT title FROM raw.films")).toEqual([{ title: null }, { title: null }]);
  });

  test("a key that the table does not have is refused before any row moves", async () => {
    await expect(runLoad("merge", ["id"])).rejects.toMatchObject({
      kind: "configuration",
      code: "UnknownKey",
      message: expect.stringContaining("the rows have no column id; they have: film_id, day, title"),
    });
  });

  test.each(["merge", "deleteInsert"] as const)("%s refuses a target whose rows lack the key", async (mode) => {
    await databases.warehouse.query(
      "CREATE SCHEMA raw; CREATE TABLE raw.films AS SELECT date '2024-01-01' AS day, 'Aurora' AS title",
    );
    await expect(runLoad(mode, ["film_id"])).rejects.toMatchObject({
      kind: "configuration",
      code: "UnknownKey",
      message: expect.stringContaining("target raw.films has no column film_id"),
    });
    expect(await databases.warehouse.query("SELECT * FROM raw.films")).toHaveLength(1);
  });

  test("deleteInsert replaces whole days and leaves the others alone", async () => {
    await runLoad("deleteInsert", ["day"]);
    await databases.source.query(
      "DELETE FROM films WHERE film_id IN (1, 3); INSERT INTO films VALUES (5, '2024-01-01', 'Comet')",
    );
    await runLoad("deleteInsert", ["day"]);
    expect(await rows()).toEqual(["2 2024-01-01 Bastion", "3 2024-01-02", "5 2024-01-01 Comet"]);
    expect(await published()).toEqual(["created", "deleteInserted"]);
  });

  test("a key of several columns, in capitals and with spaces", async () => {
    await databases.source.query(`ALTER TABLE films RENAME COLUMN film_id TO "Film Id"`);
    await runLoad("merge", ["day", "Film Id"]);
    await databases.source.query(`UPDATE films SET title = 'X' WHERE "Film Id" = 1`);
    await runLoad("merge", ["day", "Film Id"]);
    expect(await databases.warehouse.query(`SELECT "Film Id", title FROM raw.films ORDER BY 1`)).toEqual([
      { "Film Id": "1", title: "X" },
      { "Film Id": "2", title: "Bastion" },
      { "Film Id": "3", title: null },
    ]);
  });

  test.each(["append", "truncate", "merge", "deleteInsert"] as const)(
    "%s into a column of another type takes values that fit and refuses those that would be rounded",
    async (mode) => {
      await runLoad(mode, ["film_id"]);
      await databases.source.query(
        "ALTER TABLE films ALTER film_id TYPE numeric; UPDATE films SET film_id = film_id + 10.0",
      );
      await runLoad(mode, ["film_id"]);
      const before = await rows();
      expect(before).toContain("11 2024-01-01 Aurora");
      await databases.source.query("UPDATE films SET film_id = 12.5 WHERE film_id = 12");
      await expect(runLoad(mode, ["film_id"])).rejects.toMatchObject({
        kind: "data",
        code: "SchemaChanged",
        message: expect.stringContaining("column film_id of raw.films is integer, but what is loaded is numeric"),
      });
      expect(await rows()).toEqual(before);
    },
  );

  test.each([
    ["merge", "film_id"],
    ["deleteInsert", "day"],
  ] as const)("a %s that was committed is not repeated", async (mode, key) => {
    await runLoad(mode, [key], "same");
    await databases.source.query("UPDATE films SET title = 'changed'");
    expect((await runLoad(mode, [key], "same")).message).toContain("loaded by attempt 1");
    expect(await rows()).toContain("1 2024-01-01 Aurora");
  });
});
