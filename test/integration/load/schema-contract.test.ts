import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTablePair, type TablePair } from "../../support/loads/load-tables.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

/** Rows of tables that do not have the shape of their target. */
describe.each(POSTGRES_VERSIONS)("tables into Postgres %s", (version) => {
  let pair: TablePair;
  beforeAll(async () => {
    pair = await startTablePair(version);
  });
  afterAll(() => pair[Symbol.asyncDispose]());
  beforeEach(() => pair.renew());

  const aSource = (columns: string, ...rows: string[]) =>
    pair.source.query(
      `CREATE TABLE films (${columns}); INSERT INTO films VALUES ${rows.map((row) => `(${row})`).join(", ")}`,
    );
  const aTarget = (columns: string, rows = "") =>
    pair.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.films (${columns}); ${rows}`);
  const rejects = () =>
    pair.warehouse.query(
      "SELECT column_name, value, reason, action, line, record->>'film_id' AS film_id FROM raw._kelt_rejects ORDER BY film_id, column_name",
    );
  const types = async () =>
    Object.fromEntries(
      (
        await pair.warehouse.query(
          "SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute WHERE attrelid = 'raw.films'::regclass AND attnum > 0 AND NOT attisdropped",
        )
      ).map(({ name, type }) => [name, type]),
    );

  describe("a missing table", () => {
    beforeEach(() => aSource("film_id int, title text", "1, 'a'", "2, NULL"));

    test("is made by evolve, which is the default", async () => {
      await pair.load({ mode: "append", schemaChange: "discardRow" });
      expect(await pair.rows()).toHaveLength(2);
    });

    test.each(["replace", "append", "merge"] as const)("is not made under freeze in mode %s", async (mode) => {
      const key = mode === "merge" ? ["film_id"] : undefined;
      await expect(pair.load({ mode, key, schemaContract: { tables: "freeze" } })).rejects.toMatchObject({
        kind: "data",
        code: "SchemaChanged",
        message: expect.stringContaining("target raw.films does not exist and is not made"),
      });
      expect(await pair.warehouse.query("SELECT FROM pg_class WHERE relname = 'films'")).toEqual([]);
    });

    test.each(["replace", "append", "merge"] as const)(
      "sends all rows to the rejects under discardRow in mode %s",
      async (mode) => {
        const key = mode === "merge" ? ["film_id"] : undefined;
        const outcome = await pair.load({ mode, key, schemaContract: { tables: "discardRow" } });
        expect(outcome).toMatchObject({ message: "1 table, 0 rows, 2 rows discarded", rows: 0 });
        expect(await rejects()).toMatchObject([
          { film_id: "1", action: "discardRow", line: null, reason: "the target table does not exist" },
          { film_id: "2", action: "discardRow" },
        ]);
        expect(
          await pair.warehouse.query(
            "SELECT tables->0->>'published' AS published, tables->0->'discarded' AS counts FROM raw._kelt_loads",
          ),
        ).toEqual([{ published: "discarded", counts: '{"rows": 2, "values": 0}' }]);
        expect(await pair.warehouse.query("SELECT FROM pg_class WHERE relname ~ '^films|_staging_'")).toEqual([]);
      },
    );
  });

  describe("a new column", () => {
    const modes = ["replace", "truncate", "append", "merge", "deleteInsert"] as const;
    const parts = (mode: (typeof modes)[number]) =>
      mode === "merge" || mode === "deleteInsert" ? { mode, key: ["film_id"] } : { mode };
    beforeEach(async () => {
      await aSource("film_id int, title text, year int", "1, 'a', 1999", "2, 'b', NULL");
      await aTarget("film_id int, title text");
    });

    test.each(modes)("keeps rows with a value in it out under discardRow in mode %s", async (mode) => {
      const outcome = await pair.load({ ...parts(mode), schemaChange: "discardRow" });
      expect(outcome).toMatchObject({ message: "1 table, 1 rows, 1 rows discarded", rows: 1 });
      expect(await pair.rows()).toEqual([{ film_id: "2", title: "b" }]);
      expect(await rejects()).toEqual([
        {
          film_id: "1",
          column_name: "year",
          value: "1999",
          action: "discardRow",
          line: null,
          reason: "the target table has no such column",
        },
      ]);
    });

    test.each(modes)("loses its values under discardValue in mode %s", async (mode) => {
      const outcome = await pair.load({ ...parts(mode), schemaContract: { columns: "discardValue" } });
      expect(outcome.message).toBe("1 table, 2 rows, 1 values discarded");
      expect(await pair.rows()).toEqual([
        { film_id: "1", title: "a" },
        { film_id: "2", title: "b" },
      ]);
      expect(await rejects()).toMatchObject([
        { film_id: "1", column_name: "year", value: "1999", action: "discardValue" },
      ]);
    });

    test("does not come by swapping the table either, and what the rows lack stays in it", async () => {
      await pair.warehouse.query("ALTER TABLE raw.films ADD COLUMN price numeric(4,2)");
      await pair.load({ schemaChange: "discardValue" });
      expect(await types()).toEqual({ film_id: "integer", title: "text", price: "numeric(4,2)" });
    });

    test("is added beside frozen types, and refused beside types that evolve", async () => {
      await expect(pair.load({ mode: "append", schemaContract: { columns: "freeze" } })).rejects.toThrow(
        "raw.films keeps its columns (load.schemaContract: freeze), but what is loaded has others: column year (integer) is new.",
      );
      await pair.load({ mode: "append", schemaContract: { types: "freeze" } });
      expect(await types()).toMatchObject({ year: "integer" });
    });
  });

  describe("values that do not fit", () => {
    test.each([
      ["smallint", "integer", "70000", "integer"],
      ["integer", "bigint", "5000000000", "bigint"],
      ["real", "double precision", "0.1234567890123", "double precision"],
      ["numeric(4,2)", "numeric(6,3)", "123.456", "numeric(6,3)"],
      ["numeric(6,1)", "numeric(4,2)", "1.25", "numeric(7,2)"],
      ["numeric(4,2)", "numeric", "1e10", "numeric"],
      ["varchar(3)", "varchar(5)", "'abcd'", "character varying(5)"],
      ["varchar(3)", "text", "'abcd'", "text"],
      ["timestamp(0)", "timestamp(3)", "'2026-01-01 10:00:00.123'", "timestamp(3) without time zone"],
    ])("widen %s to what %s needs under evolve", async (existing, incoming, value, expected) => {
      await aSource(`film_id int, v ${incoming}`, `2, ${value}`);
      await aTarget(`film_id int, v ${existing}`, "INSERT INTO raw.films VALUES (1, NULL)");
      await pair.load({ mode: "append" });
      expect(await types()).toMatchObject({ v: expected });
      const same = await pair.source.query(`SELECT v::text FROM films`);
      expect(await pair.warehouse.query("SELECT v::text FROM raw.films WHERE film_id = 2")).toEqual(same);
    });

    test("widen nothing where all of them fit", async () => {
      await aSource("film_id bigint, title text", "1, 'abc'");
      await aTarget("film_id int, title varchar(3)");
      await pair.load({ mode: "append" });
      expect(await types()).toEqual({ film_id: "integer", title: "character varying(3)" });
    });

    test("do not widen a column that a view reads; the view is named", async () => {
      await aSource("film_id bigint", "5000000000");
      await aTarget("film_id int", "CREATE VIEW raw.ids AS SELECT film_id FROM raw.films");
      await expect(pair.load({ mode: "append" })).rejects.toMatchObject({
        code: "ColumnInUse",
        message: expect.stringContaining("raw.ids"),
      });
    });

    test.each([
      ["integer", "numeric", "1.5"],
      ["integer", "text", "'x'"],
      ["date", "timestamp", "'2026-01-01 10:00'"],
      ["boolean", "text", "'maybe'"],
    ])("of another family are refused: %s and %s", async (existing, incoming, value) => {
      await aSource(`film_id int, v ${incoming}`, `1, ${value}`);
      await aTarget(`film_id int, v ${existing}`);
      await expect(pair.load({ mode: "append" })).rejects.toMatchObject({ kind: "data", code: "SchemaChanged" });
      expect(await pair.rows()).toEqual([]);
    });

    const lossy = [
      ["integer", "bigint", "5000000000", "7"],
      ["integer", "numeric", "1.5", "2.0"],
      ["integer", "text", "'x'", "'7'"],
      ["numeric(4,2)", "numeric", "1.005", "1.25"],
      ["varchar(3)", "text", "'abcd'", "'abc'"],
      ["date", "timestamp", "'2026-01-01 10:00'", "'2026-01-01'"],
      ["boolean", "text", "'maybe'", "'true'"],
    ] as const;

    test.each(lossy)("keep their rows out under discardRow: %s and %s", async (existing, incoming, bad, good) => {
      await aSource(`film_id int, v ${incoming}`, `1, ${bad}`, `2, ${good}`, "3, NULL");
      await aTarget(`film_id int, v ${existing}`);
      const outcome = await pair.load({ mode: "append", schemaChange: "discardRow" });
      expect(outcome.message).toBe("1 table, 2 rows, 1 rows discarded");
      expect((await pair.rows()).map(({ film_id }) => film_id)).toEqual(["2", "3"]);
      expect(await rejects()).toMatchObject([{ film_id: "1", column_name: "v", action: "discardRow" }]);
    });

    test.each(lossy)("become NULL under discardValue: %s and %s", async (existing, incoming, bad, good) => {
      await aSource(`film_id int, v ${incoming}`, `1, ${bad}`, `2, ${good}`, "3, NULL");
      await aTarget(`film_id int, v ${existing}`);
      const outcome = await pair.load({ mode: "truncate", schemaContract: { types: "discardValue" } });
      expect(outcome.message).toBe("1 table, 3 rows, 1 values discarded");
      expect((await pair.rows()).map(({ v }) => v === null)).toEqual([true, false, true]);
      expect(await rejects()).toMatchObject([{ film_id: "1", column_name: "v", action: "discardValue" }]);
    });

    test("are refused where the column takes no NULL", async () => {
      await aSource("film_id int, v bigint", "1, 5000000000");
      await aTarget("film_id int, v int NOT NULL");
      await expect(pair.load({ mode: "append", schemaChange: "discardValue" })).rejects.toMatchObject({
        kind: "data",
        code: "SchemaChanged",
        message: expect.stringContaining("column v of raw.films is integer NOT NULL"),
      });
    });

    test("of several columns count for their row once, and for each value", async () => {
      await aSource("film_id int, a bigint, b text, c int", "1, 5000000000, 'abcd', 1", "2, 1, 'b', NULL");
      await aTarget("film_id int, a int, b varchar(3)");
      expect((await pair.load({ mode: "append", schemaChange: "discardRow" })).message).toBe(
        "1 table, 1 rows, 1 rows discarded",
      );
      expect((await rejects()).map(({ column_name }) => column_name)).toEqual(["a", "b", "c"]);
      expect((await pair.load({ mode: "append", schemaChange: "discardValue" })).message).toBe(
        "1 table, 2 rows, 3 values discarded",
      );
    });
  });
});

test("a table of rejects from before contracts is brought up to date", async () => {
  await using pair = await startTablePair();
  await pair.source.query("CREATE TABLE films (film_id int, year int); INSERT INTO films VALUES (1, 1999)");
  await pair.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.films (film_id int);
    CREATE TABLE raw._kelt_rejects (load_id text NOT NULL, target text NOT NULL, uri text NOT NULL, line bigint NOT NULL, column_name text,
      value text NOT NULL, reason text NOT NULL, record jsonb, rejected_at timestamptz NOT NULL DEFAULT now());
    INSERT INTO raw._kelt_rejects VALUES ('old', 'raw.films', 'a.csv', 2, NULL, 'x', 'bad')`);
  await pair.load({ schemaChange: "discardRow" });
  expect(
    await pair.warehouse.query("SELECT load_id, action, line FROM raw._kelt_rejects ORDER BY action DESC"),
  ).toEqual([
    { load_id: "old", action: "reject", line: "2" },
    { load_id: "run-1/raw", action: "discardRow", line: null },
  ]);
});
