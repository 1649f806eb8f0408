import { beforeEach, describe, expect, test } from "vitest";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";

type From = Omit<WorkOf<"load">["load"]["from"], "connection" | "schema">;

describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  const databases = useLoadDatabases(version);

  function runLoad(from: From, uid?: string) {
    const to = { connection: "warehouse", schema: "raw", ...(from.query === undefined ? {} : { table: "result" }) };
    return databases.load({ from: { connection: "source", schema: "public", ...from }, to, mode: "replace" }, { uid });
  }

  describe("a query", () => {
    test("lands in the table that is named, with the types of its columns", async () => {
      await databases.source.query(`CREATE DOMAIN price AS numeric(6, 2); CREATE TYPE mood AS ENUM ('calm', 'wild');
        CREATE TABLE films (film_id bigint, price price, mood mood, tags text[]);
        INSERT INTO films VALUES (9007199254740993, 3.10, 'wild', '{a,"b c"}'), (2, NULL, NULL, NULL)`);
      const outcome = await runLoad({
        query: "SELECT f.*, 'x' AS letter, now()::date = current_date AS \"Is Today\" FROM films f -- all of them\n;",
      });
      expect(outcome).toMatchObject({ message: "1 table, 2 rows" });
      expect(await databases.warehouse.query("SELECT * FROM raw.result ORDER BY film_id DESC LIMIT 1")).toEqual([
        { film_id: "9007199254740993", price: "3.10", mood: "wild", tags: '{a,"b c"}', letter: "x", "Is Today": "t" },
      ]);
      expect(
        await databases.warehouse.query(
          "SELECT string_agg(format_type(atttypid, atttypmod), ', ' ORDER BY attnum) AS types FROM pg_attribute WHERE attrelid = 'raw.result'::regclass AND attnum > 0",
        ),
      ).toEqual([{ types: "bigint, numeric(6,2), text, text[], text, boolean" }]);
    });

    test("may begin with WITH and select nothing", async () => {
      expect(await runLoad({ query: "WITH a AS (SELECT 1 AS n) SELECT n FROM a WHERE n > 1" })).toMatchObject({
        rows: 0,
      });
      expect(await databases.warehouse.query("SELECT count(*) FROM raw.result")).toEqual([{ count: "0" }]);
    });

    test.each([
      [
        "a mistake",
        "SELECT 1 AS a,\n  nothing FROM pg_class",
        "42703",
        'line 2, column 3: column "nothing" does not exist',
      ],
      ["two columns of one name", "SELECT 1 AS a, 2 AS a", "RepeatedColumn", "two columns are called a"],
      ["two statements", "SELECT 1; DROP TABLE films", "QueryNotOneStatement", "expected one SELECT"],
      [
        "a way out of its parentheses",
        "SELECT 1) AS q; DROP TABLE films; SELECT (1",
        "QueryNotOneStatement",
        "one SELECT",
      ],
    ])("%s is refused with its place", async (_what, query, code, message) => {
      await expect(runLoad({ query })).rejects.toMatchObject({
        kind: "configuration",
        code,
        message: expect.stringContaining(message),
      });
    });

    test("cannot write to the source", async () => {
      await databases.source.query(
        "CREATE TABLE films (a int); CREATE FUNCTION add() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO films VALUES (1) RETURNING a'",
      );
      await expect(runLoad({ query: "SELECT add()" })).rejects.toMatchObject({ code: "25006" });
      expect(await databases.source.query("SELECT FROM films")).toEqual([]);
    });
  });

  describe("a pattern", () => {
    const tables = async () =>
      (
        await databases.warehouse.query(
          "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'raw'::regnamespace ORDER BY 1",
        )
      )
        .map(({ relname }) => relname)
        .filter((name) => name !== "_kelt_loads");

    beforeEach(() =>
      databases.source.query(`CREATE TABLE films (a int); CREATE TABLE film_actors (a int); CREATE TABLE "Odd.name" (a int);
        CREATE TABLE events (day int) PARTITION BY LIST (day); CREATE TABLE events_1 PARTITION OF events FOR VALUES IN (1);
        INSERT INTO events VALUES (1); CREATE VIEW film_view AS SELECT 1 AS a; CREATE TABLE _kelt_loads (a int);
        CREATE SCHEMA sales; CREATE TABLE sales.orders (a int); CREATE TABLE sales.films (a int)`),
    );

    test("is every table of a schema, partitioned ones as a whole, without views and kelt's own", async () => {
      expect(await runLoad({ tables: ["public.*"] })).toMatchObject({ message: "4 tables, 1 rows" });
      expect(await tables()).toEqual(["Odd.name", "events", "film_actors", "films"]);
      expect(await databases.warehouse.query("SELECT * FROM raw.events")).toEqual([{ day: "1" }]);
    });

    test("is part of a name, and a table that is named twice is loaded once", async () => {
      await runLoad({ tables: ["film*", "films", "sales.o*s"] });
      expect(await tables()).toEqual(["film_actors", "films", "orders"]);
    });

    test("finds tables that came after the run before", async () => {
      await runLoad({ tables: ["sales.*"] });
      await databases.source.query("CREATE TABLE sales.customers (a int)");
      await runLoad({ tables: ["sales.*"] });
      expect(await tables()).toEqual(["customers", "films", "orders"]);
    });

    test("that leads two tables to one target is refused", async () => {
      await expect(runLoad({ tables: ["*.films"] })).rejects.toMatchObject({
        code: "TargetTaken",
        message: expect.stringContaining("sales.films would go to raw.films, which is the target of public.films too"),
      });
    });

    test("that finds nothing is refused", async () => {
      await expect(runLoad({ tables: ["sale.*"] })).rejects.toMatchObject({
        kind: "configuration",
        code: "UnknownTable",
        message: expect.stringContaining("table sale.* does not exist"),
      });
    });

    test("of a load that was committed asks the source nothing", async () => {
      await runLoad({ tables: ["sales.*"] }, "same");
      await databases.source.query("DROP SCHEMA sales CASCADE");
      expect(await runLoad({ tables: ["sales.*"] }, "same")).toMatchObject({
        message: "2 tables, 0 rows, loaded by attempt 1",
      });
    });
  });
});
