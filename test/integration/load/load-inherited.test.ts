import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startTablePair, type TablePair, type TablesLoad } from "../../support/loads/load-tables.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

/** Every mode that takes rows of the target away or changes them. */
const MODES: readonly (readonly [name: string, parts: TablesLoad])[] = [
  ["replace", { mode: "replace" }],
  ["truncate", { mode: "truncate" }],
  ["merge", { mode: "merge", key: ["id"] }],
  ["deleteInsert by key", { mode: "deleteInsert", key: ["id"] }],
  ["deleteInsert by range", { mode: "deleteInsert", range: { column: "id", from: "0" } }],
];

describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  let pair: TablePair;
  beforeAll(async () => {
    pair = await startTablePair(version);
  });
  afterAll(() => pair[Symbol.asyncDispose]());
  beforeEach(() => pair.renew());
  const load = (parts: TablesLoad) => pair.load({ tables: ["films"], ...parts });
  const own = () => pair.warehouse.query("SELECT * FROM ONLY raw.films ORDER BY id");

  describe("a target that another table inherits from", () => {
    beforeEach(async () => {
      await pair.source.query("CREATE TABLE films (id int, t text); INSERT INTO films VALUES (1, 'new'), (2, 'new')");
      await pair.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.films (id int, t text); INSERT INTO raw.films VALUES (1, 'old');
        CREATE TABLE raw.kid (note text) INHERITS (raw.films); INSERT INTO raw.kid VALUES (1, 'kid', 'x'), (77, 'kid', 'y')`);
    });
    const heir = () => pair.warehouse.query("SELECT * FROM raw.kid ORDER BY id");
    const kept = [
      { id: "1", t: "kid", note: "x" },
      { id: "77", t: "kid", note: "y" },
    ];

    test.each(MODES)("%s changes its own rows and none of the other table's", async (_name, parts) => {
      await load(parts);
      await load(parts);
      expect(await own()).toEqual([
        { id: "1", t: "new" },
        { id: "2", t: "new" },
      ]);
      expect(await heir()).toEqual(kept);
    });

    test("the role that may not truncate it deletes its own rows alone", async () => {
      const role = `loader_${version}`;
      await pair.warehouse.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT ALL ON SCHEMA raw TO ${role};
        GRANT CREATE ON DATABASE ${pair.warehouse.name} TO ${role}; GRANT SELECT, INSERT, UPDATE, DELETE ON raw.films TO ${role}`);
      await load({ mode: "truncate", warehouse: { user: role, password: "x" } });
      expect(await heir()).toEqual(kept);
      expect(await own()).toHaveLength(2);
      await pair.warehouse.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });

    test("a column that is gone from the source stays in the other table, and a new one comes to both", async () => {
      await pair.source.query("ALTER TABLE films DROP t, ADD year int NOT NULL DEFAULT 1999");
      await load({ mode: "replace" });
      expect(await own()).toEqual([
        { id: "1", year: "1999" },
        { id: "2", year: "1999" },
      ]);
      expect(await heir()).toEqual(kept.map((row) => ({ ...row, year: null })));
    });

    test("a column of another type is refused, because the other table would lose its values", async () => {
      await pair.source.query("ALTER TABLE films ALTER id TYPE bigint");
      await expect(load({ mode: "replace" })).rejects.toMatchObject({
        kind: "configuration",
        code: "InheritedTable",
        message: expect.stringContaining("tables inherit it: raw.kid"),
      });
      expect(await heir()).toEqual(kept);
    });
  });

  test.each(MODES)("a partitioned target holds the source's rows in its partitions after %s", async (_name, parts) => {
    await pair.source.query("CREATE TABLE films (id int, t text); INSERT INTO films VALUES (1, 'new'), (5, 'new')");
    await pair.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.films (id int, t text) PARTITION BY RANGE (id);
      CREATE TABLE raw.low PARTITION OF raw.films FOR VALUES FROM (0) TO (3); CREATE TABLE raw.high PARTITION OF raw.films DEFAULT;
      INSERT INTO raw.films VALUES (1, 'old'), (5, 'old')`);
    await load(parts);
    expect(await pair.rows("low")).toEqual([{ id: "1", t: "new" }]);
    expect(await pair.rows("high")).toEqual([{ id: "5", t: "new" }]);
  });

  test.each(["replace", "truncate", "append"] as const)(
    "rows without columns are rows in mode %s, also where the target has columns of its own",
    async (mode) => {
      await pair.source.query(
        "CREATE TABLE films (); INSERT INTO films DEFAULT VALUES; INSERT INTO films DEFAULT VALUES",
      );
      const count = async () => (await pair.warehouse.query("SELECT count(*) FROM raw.films"))[0]?.count;
      expect(await load({ mode })).toMatchObject({ rows: 2 });
      expect(await count()).toBe("2");
      await pair.warehouse.query(
        "ALTER TABLE raw.films ADD COLUMN seen int DEFAULT 7; CREATE VIEW raw.v AS SELECT seen FROM raw.films",
      );
      expect(await load({ mode })).toMatchObject({ rows: 2 });
      expect(await count()).toBe(mode === "append" ? "4" : "2");
      expect(await pair.warehouse.query("SELECT DISTINCT seen FROM raw.v")).toEqual([{ seen: "7" }]);
    },
  );
});
