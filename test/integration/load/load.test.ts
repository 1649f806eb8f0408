import { describe, expect, test } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

const databases = useLoadDatabases("18");

interface LoadSettings {
  readonly tables?: string[];
  readonly mode?: "replace" | "truncate" | "append";
  readonly schemaChange?: "freeze";
  readonly uid?: string;
  readonly attempt?: number;
}

/** Loads into schema raw as a run of its own, unless a uid is given. */
function runLoad({ tables = ["films"], mode = "replace", schemaChange, uid, attempt = 1 }: LoadSettings = {}) {
  const from = { connection: "source", schema: "public", tables };
  const to = { connection: "warehouse", schema: "raw" };
  const change = schemaChange === undefined ? {} : { schemaChange };
  return databases.load({ from, to, mode, ...change }, { uid, attempt });
}

const films = "CREATE TABLE films (film_id serial PRIMARY KEY, title varchar(255) NOT NULL, price numeric(4,2));";
const threeFilms = `${films} INSERT INTO films (title, price) VALUES ('Aurora', 3.99), ('Bastion', NULL), ('', 0.10)`;
const rowsOf = (table: string) => databases.warehouse.query(`SELECT * FROM ${table} ORDER BY 1`);
const loaded = [
  { film_id: "1", title: "Aurora", price: "3.99" },
  { film_id: "2", title: "Bastion", price: null },
  { film_id: "3", title: "", price: "0.10" },
];

describe("replace", () => {
  test("makes schema and table when they are missing, without the source's sequence and key", async () => {
    await databases.source.query(threeFilms);
    const outcome = await runLoad();
    expect(outcome).toMatchObject({ message: "1 table, 3 rows", rows: 3 });
    expect(await rowsOf("raw.films")).toEqual(loaded);
    expect(
      await databases.warehouse.query(
        `SELECT attname, format_type(atttypid, atttypmod) AS type, attnotnull, atthasdef FROM pg_attribute
         WHERE attrelid = 'raw.films'::regclass AND attnum > 0 ORDER BY attnum`,
      ),
    ).toEqual([
      { attname: "film_id", type: "integer", attnotnull: "t", atthasdef: "f" },
      { attname: "title", type: "character varying(255)", attnotnull: "t", atthasdef: "f" },
      { attname: "price", type: "numeric(4,2)", attnotnull: "f", atthasdef: "f" },
    ]);
    expect(
      await databases.warehouse.query(
        "SELECT conname FROM pg_constraint WHERE conrelid = 'raw.films'::regclass ORDER BY 1",
      ),
    ).toEqual([{ conname: "films_film_id_not_null" }, { conname: "films_title_not_null" }]);
  });

  test("holds exactly the source's rows and columns after every load", async () => {
    await databases.source.query(threeFilms);
    await runLoad();
    await databases.source.query(
      "DELETE FROM films WHERE film_id < 3; ALTER TABLE films DROP COLUMN price, ADD COLUMN year int; UPDATE films SET year = 1999",
    );
    await runLoad();
    expect(await rowsOf("raw.films")).toEqual([{ film_id: "3", title: "", year: "1999" }]);
  });

  test("copies several tables of several schemas from one snapshot, empty ones too", async () => {
    await databases.source.query(
      `${threeFilms}; CREATE SCHEMA cast_of; CREATE TABLE cast_of.actors (name text); CREATE TABLE nothing ();`,
    );
    const outcome = await runLoad({ tables: ["films", "cast_of.actors", "nothing"] });
    expect(outcome).toMatchObject({ message: "3 tables, 3 rows" });
    expect(await rowsOf("raw.actors")).toEqual([]);
    expect(await databases.warehouse.query("SELECT count(*) FROM raw.nothing")).toEqual([{ count: "0" }]);
  });

  test("keeps views on the table, its grants, comments, indexes and constraints", async () => {
    await databases.source.query(threeFilms);
    await runLoad();
    await databases.warehouse.query(`
      CREATE ROLE reader;
      CREATE VIEW raw.titles AS SELECT film_id, title FROM raw.films;
      CREATE MATERIALIZED VIEW raw.prices AS SELECT price FROM raw.films;
      GRANT SELECT ON raw.films TO reader;
      COMMENT ON TABLE raw.films IS 'all films';
      CREATE INDEX films_by_title ON raw.films (lower(title));
      ALTER TABLE raw.films ADD PRIMARY KEY (film_id), ADD CHECK (price < 100)`);
    await databases.source.query(
      "INSERT INTO films (title) VALUES ('Comet'); ALTER TABLE films ADD COLUMN year int DEFAULT 2001",
    );
    await runLoad();
    expect(await rowsOf("raw.titles")).toHaveLength(4);
    expect((await rowsOf("raw.films")).at(-1)).toEqual({ film_id: "4", title: "Comet", price: null, year: "2001" });
    expect(
      await databases.warehouse.query(
        `SELECT has_table_privilege('reader', 'raw.films', 'SELECT') AS granted, obj_description('raw.films'::regclass) AS comment,
           (SELECT count(*) FROM pg_index WHERE indrelid = 'raw.films'::regclass) AS indexes`,
      ),
    ).toEqual([{ granted: "t", comment: "all films", indexes: "2" }]);
    await databases.warehouse.query("DROP OWNED BY reader; DROP ROLE reader");
  });

  test("refuses to take a column away that a view reads, names the view and changes nothing", async () => {
    await databases.source.query(threeFilms);
    await runLoad();
    await databases.warehouse.query(
      "CREATE SCHEMA analytics; CREATE VIEW analytics.prices AS SELECT price FROM raw.films",
    );
    await databases.source.query("DELETE FROM films; ALTER TABLE films DROP COLUMN price");
    await expect(runLoad()).rejects.toMatchObject({
      kind: "configuration",
      code: "ColumnInUse",
      message: expect.stringContaining(
        "column price of target raw.films is gone from the source, but views read it: analytics.prices",
      ),
    });
    expect(await rowsOf("raw.films")).toEqual(loaded);
  });

  test("changes the type of a column that no view reads, and keeps columns that fill themselves", async () => {
    await databases.source.query(threeFilms);
    await runLoad();
    await databases.warehouse.query(
      "ALTER TABLE raw.films ADD COLUMN seen_at timestamptz NOT NULL DEFAULT now(); CREATE VIEW raw.ids AS SELECT film_id FROM raw.films",
    );
    await databases.source.query("ALTER TABLE films ALTER COLUMN price TYPE text");
    await runLoad();
    expect(
      await databases.warehouse.query("SELECT price, seen_at IS NOT NULL AS seen FROM raw.films WHERE film_id = 1"),
    ).toEqual([{ price: "3.99", seen: "t" }]);
  });

  test("fills partitioned tables through their parent", async () => {
    await databases.source.query(threeFilms);
    await databases.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.films (film_id int NOT NULL, title varchar(255), price numeric(4,2)) PARTITION BY RANGE (film_id);
      CREATE TABLE raw.films_low PARTITION OF raw.films FOR VALUES FROM (0) TO (2);
      CREATE TABLE raw.films_high PARTITION OF raw.films DEFAULT`);
    await runLoad();
    await runLoad();
    expect(await rowsOf("raw.films_low")).toEqual(loaded.slice(0, 1));
    expect(await rowsOf("raw.films_high")).toEqual(loaded.slice(1));
  });

  test("keeps referencing rows of other tables: deferrable keys are checked at the end, others are refused", async () => {
    await databases.source.query(threeFilms);
    await runLoad();
    await databases.warehouse.query(`ALTER TABLE raw.films ADD PRIMARY KEY (film_id);
      CREATE TABLE raw.rentals (film_id int CONSTRAINT rented REFERENCES raw.films ON DELETE CASCADE); INSERT INTO raw.rentals VALUES (1)`);
    await expect(runLoad()).rejects.toMatchObject({
      kind: "configuration",
      message: expect.stringContaining("rented of raw.rentals"),
    });
    await databases.warehouse.query(
      "ALTER TABLE raw.rentals DROP CONSTRAINT rented, ADD FOREIGN KEY (film_id) REFERENCES raw.films DEFERRABLE",
    );
    await runLoad();
    expect(await rowsOf("raw.rentals")).toEqual([{ film_id: "1" }]);
    await databases.source.query("DELETE FROM films WHERE film_id = 1");
    await expect(runLoad()).rejects.toMatchObject({ kind: "data", code: "23503" });
    expect(await rowsOf("raw.films")).toEqual(loaded);
  });

  test("a trigger at the target that swallows rows fails the load and publishes nothing", async () => {
    await databases.source.query(threeFilms);
    await runLoad();
    await databases.warehouse.query(`CREATE FUNCTION raw.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.film_id = 2 THEN RETURN NULL; END IF; RETURN NEW; END';
      CREATE TRIGGER swallow BEFORE INSERT ON raw.films FOR EACH ROW EXECUTE FUNCTION raw.swallow()`);
    await expect(runLoad()).rejects.toMatchObject({
      kind: "data",
      code: "RowCountMismatch",
      message: expect.stringContaining("3 rows were staged, 2 were inserted"),
    });
    expect(await rowsOf("raw.films")).toEqual(loaded);
  });

  test("a target that is a view is refused", async () => {
    await databases.source.query(threeFilms);
    await databases.warehouse.query("CREATE SCHEMA raw; CREATE VIEW raw.films AS SELECT 1 AS film_id");
    await expect(runLoad()).rejects.toMatchObject({ kind: "configuration", code: "NotATable" });
  });
});

test("a table that is loaded onto itself stays as it is", async () => {
  await databases.warehouse.query(`CREATE SCHEMA raw; SET search_path = raw; ${threeFilms}`);
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "warehouse", schema: "raw", tables: ["films"] },
      to: { connection: "warehouse", schema: "raw" },
      mode: "replace",
    },
  };
  await load(aTask({ work, connections: { warehouse: databases.warehouse.connection() } }), aContext());
  expect(await rowsOf("raw.films")).toEqual(loaded);
});

describe("append", () => {
  test("makes a missing table, then adds rows by column name and new columns as they come", async () => {
    await databases.source.query(threeFilms);
    await runLoad({ mode: "append" });
    await databases.source.query(
      "DROP TABLE films; CREATE TABLE films (price numeric(4,2), year int, film_id int NOT NULL, title text); INSERT INTO films VALUES (1, 1987, 4, 'Comet')",
    );
    expect(await runLoad({ mode: "append" })).toMatchObject({ rows: 1 });
    expect(await rowsOf("raw.films")).toEqual([
      ...loaded.map((row) => ({ ...row, year: null })),
      { film_id: "4", title: "Comet", price: "1.00", year: "1987" },
    ]);
  });

  test("a value that does not fit the target's type is an error of the data and adds nothing", async () => {
    await databases.source.query(
      "CREATE TABLE films (title text); INSERT INTO films VALUES ('short'), ('much too long')",
    );
    await databases.warehouse.query("CREATE SCHEMA raw; CREATE TABLE raw.films (title char(5))");
    await expect(runLoad({ mode: "append" })).rejects.toMatchObject({ kind: "data", code: "22001" });
    expect(await rowsOf("raw.films")).toEqual([]);
  });
});

describe("a load that was committed before", () => {
  test("is a no-op that reports the recorded rows, even when the source has changed or is gone", async () => {
    await databases.source.query(threeFilms);
    await runLoad({ mode: "append", uid: "run-a" });
    await databases.source.query("DROP TABLE films");
    expect(await runLoad({ mode: "append", uid: "run-a", attempt: 2 })).toMatchObject({
      message: "1 table, 3 rows, loaded by attempt 1",
      rows: 3,
    });
    expect(await rowsOf("raw.films")).toEqual(loaded);
    expect(
      await databases.warehouse.query(
        "SELECT load_id, pipeline, node, partition, run, attempt, rows, tables->0->>'published' AS published FROM raw._kelt_loads",
      ),
    ).toEqual([
      {
        load_id: "run-a/raw",
        pipeline: "films",
        node: "raw",
        partition: "",
        run: "run-1",
        attempt: "1",
        rows: "3",
        published: "created",
      },
    ]);
  });

  test("counts once when several pods of one attempt load at the same time", async () => {
    await databases.source.query(threeFilms);
    const outcomes = await Promise.all(Array.from({ length: 4 }, () => runLoad({ mode: "append", uid: "run-b" })));
    expect(outcomes.map(({ rows }) => rows)).toEqual([3, 3, 3, 3]);
    expect(await rowsOf("raw.films")).toEqual(loaded);
  });

  test("is distinguished from the loads of other runs that begin at the same time in a new schema", async () => {
    await databases.source.query(threeFilms);
    await Promise.all(Array.from({ length: 4 }, () => runLoad({ mode: "append" })));
    expect(await databases.warehouse.query("SELECT count(*) FROM raw.films")).toEqual([{ count: "12" }]);
    expect(await databases.warehouse.query("SELECT count(*) FROM raw._kelt_loads")).toEqual([{ count: "4" }]);
  });
});

describe("names", () => {
  test("may be anything that Postgres accepts", async () => {
    const longest = "é".repeat(31);
    await databases.source.query(`CREATE SCHEMA "My ""Schema"""; CREATE TABLE "My ""Schema"""."Order.Items; --" ("select" int, "a""b" text, "${longest}" text, "Ä b" int);
      INSERT INTO "My ""Schema"""."Order.Items; --" VALUES (1, 'x', 'y', 2); CREATE TABLE "${longest}" (id int)`);
    await runLoad({ tables: ['My "Schema".Order.Items; --', longest] });
    expect(await rowsOf('raw."Order.Items; --"')).toEqual([{ select: "1", 'a"b': "x", [longest]: "y", "Ä b": "2" }]);
    await runLoad({ tables: ['My "Schema".Order.Items; --', longest] });
    expect(await rowsOf(`raw."${longest}"`)).toEqual([]);
  });

  test("of unknown tables are refused with those that are near", async () => {
    await databases.source.query(threeFilms);
    await expect(runLoad({ tables: ["filmz"] })).rejects.toMatchObject({
      kind: "configuration",
      code: "UnknownTable",
      message: expect.stringMatching(
        /connection source: table public\.filmz does not exist in database "test_\d+"\. Near names: public\.films\./,
      ),
    });
    expect(
      await databases.warehouse.query(
        "SELECT relname FROM pg_class WHERE relnamespace = 'raw'::regnamespace AND relkind = 'r'",
      ),
    ).toEqual([{ relname: "_kelt_loads" }]);
  });

  test("of two tables that would share a target are refused", async () => {
    await expect(runLoad({ tables: ["a.films", "b.films"] })).rejects.toMatchObject({
      kind: "configuration",
      code: "TargetTaken",
    });
  });
});

test("a table without the right to read it is a configuration error that names it", async () => {
  await databases.source.query(`${threeFilms}; CREATE ROLE poor LOGIN PASSWORD 'poor-password'`);
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "source", schema: "public", tables: ["films"] },
      to: { connection: "warehouse", schema: "raw" },
      mode: "replace",
    },
  };
  const connections = {
    source: databases.source.connection({ user: "poor", password: "poor-password" }),
    warehouse: databases.warehouse.connection(),
  };
  await expect(load(aTask({ work, connections }), aContext())).rejects.toMatchObject({
    kind: "configuration",
    code: "42501",
    message: expect.stringContaining("permission denied for table films"),
  });
});

describe("truncate", () => {
  test("empties and fills the table, which keeps its types, its columns and what hangs on it", async () => {
    await databases.source.query(threeFilms);
    await databases.warehouse.query(`CREATE SCHEMA raw; CREATE TABLE raw.films (film_id bigint PRIMARY KEY, price numeric(6,3), note text DEFAULT 'none');
      INSERT INTO raw.films VALUES (9, 1, 'old'); CREATE VIEW raw.prices AS SELECT price FROM raw.films`);
    await runLoad({ mode: "truncate" });
    expect(await rowsOf("raw.films")).toEqual([
      { film_id: "1", price: "3.990", note: "none", title: "Aurora" },
      { film_id: "2", price: null, note: "none", title: "Bastion" },
      { film_id: "3", price: "0.100", note: "none", title: "" },
    ]);
    expect(await rowsOf("raw.prices")).toHaveLength(3);
    await runLoad({ mode: "truncate" });
    expect(await rowsOf("raw.films")).toHaveLength(3);
  });

  test("makes the table when it is missing, and refuses one that others point to", async () => {
    await databases.source.query(threeFilms);
    await runLoad({ mode: "truncate" });
    expect(await rowsOf("raw.films")).toEqual(loaded);
    await databases.warehouse.query(
      "ALTER TABLE raw.films ADD PRIMARY KEY (film_id); CREATE TABLE raw.sales (film_id int REFERENCES raw.films)",
    );
    await expect(runLoad({ mode: "truncate" })).rejects.toThrow("cannot be replaced while foreign keys point to it");
  });
});

describe("freeze", () => {
  test.each(["replace", "truncate", "append"] as const)(
    "refuses a new, a missing and a changed column in mode %s",
    async (mode) => {
      await databases.source.query(threeFilms);
      await runLoad();
      await runLoad({ mode: "replace", schemaChange: "freeze" });
      await databases.source.query("ALTER TABLE films DROP price, ADD year int, ALTER film_id TYPE bigint");
      await expect(runLoad({ mode, schemaChange: "freeze" })).rejects.toThrow(
        "raw.films keeps its columns (load.schemaChange: freeze), but what is loaded has others: column film_id is bigint instead of integer; column price is missing; column year (integer) is new",
      );
      expect(await rowsOf("raw.films")).toEqual(loaded);
    },
  );
});
