import { beforeEach, describe, expect, test } from "vitest";
import type { CommandContext, WorkOf } from "../../../task-image/commands/command.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { until } from "../../support/machine/until.ts";
import { POSTGRES_VERSIONS } from "../../support/servers/postgres.ts";
import { aContext } from "../../support/tasks/task.ts";

type CursorLoad = Partial<WorkOf<"load">["load"]["from"]> & {
  readonly mode?: "append" | "merge";
  readonly key?: readonly string[];
  readonly uid?: string;
};

describe.each(POSTGRES_VERSIONS)("Postgres %s", (version) => {
  const databases = useLoadDatabases(version);

  function runLoad({ mode = "append", key, uid, ...from }: CursorLoad, context?: CommandContext) {
    const selected = from.query === undefined ? { tables: ["events"] } : {};
    const what: WorkOf<"load">["load"] = {
      from: { connection: "source", schema: "public", ...selected, ...from },
      to: { connection: "warehouse", schema: "raw", ...(from.query === undefined ? {} : { table: "events" }) },
      mode,
      ...(key === undefined ? {} : { key: [...key] }),
    };
    return databases.load(what, { uid, context });
  }
  const byId = { cursor: { column: "id" } };
  const byTime = { cursor: { column: "at" } };
  const loaded = async (columns = "id") =>
    (await databases.warehouse.query(`SELECT concat_ws(' ', ${columns}) AS row FROM raw.events ORDER BY 1`)).map(
      ({ row }) => row,
    );
  const cursor = () => databases.warehouse.query("SELECT source, value, is_read FROM raw._kelt_cursors");

  test.each<[string, string, CursorLoad, number]>([
    ["unique numbers: the largest one, the rows", "id bigint PRIMARY KEY", byId, 2],
    ["numbers of a merge: the same", "id bigint NOT NULL", { ...byId, mode: "merge", key: ["id"] }, 2],
    ["numbers of which the newest wait: these are counted", "id bigint NOT NULL", byId, 3],
    ["times: endless ones are looked for too", "id bigint, at timestamptz NOT NULL DEFAULT '2024-01-01'", byTime, 4],
  ])("a load scans its source no more often than it has to. %s", async (_what, columns, parts, scans) => {
    await databases.source.query(`CREATE TABLE events (${columns}); INSERT INTO events (id) VALUES (1), (2), (3);
      SELECT pg_stat_force_next_flush()`);
    const scanned = async () => {
      await until("every session of the load has told its figures", async () => {
        const others =
          "SELECT FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'";
        return (await databases.source.query(others)).length === 0;
      });
      const figures =
        "SELECT seq_scan + coalesce(idx_scan, 0) AS scans FROM pg_stat_user_tables WHERE relname = 'events'";
      return Number((await databases.source.query(figures))[0]?.scans);
    };
    const before = await scanned();
    await runLoad(parts);
    expect((await scanned()) - before).toBe(scans);
  });

  describe("a time column", () => {
    beforeEach(() =>
      databases.source.query(`CREATE TABLE events (id int, at timestamptz NOT NULL DEFAULT now());
        INSERT INTO events VALUES (1, '2024-01-01 10:00:00.123456+00'), (2, '2024-01-02+00')`),
    );

    test("each row comes once, however many loads there are", async () => {
      expect(await runLoad(byTime)).toMatchObject({ rows: 2 });
      expect(await runLoad(byTime)).toMatchObject({ rows: 0 });
      expect(await loaded("id, at")).toEqual(["1 2024-01-01 10:00:00.123456+00", "2 2024-01-02 00:00:00+00"]);
    });

    test("rows of transactions that began before the load and are committed after it are not lost", async () => {
      const late = await databases.source.connect();
      await late.query("BEGIN; INSERT INTO events (id) VALUES (3)");
      await databases.source.query("INSERT INTO events (id) VALUES (4)");
      await runLoad(byTime);
      expect(await loaded()).toEqual(["1", "2"]);
      await late.query("COMMIT");
      await late.end();
      await until("both rows are old enough and loaded", async () => {
        await runLoad(byTime);
        return (await loaded()).length >= 4;
      });
      expect(await loaded()).toEqual(["1", "2", "3", "4"]);
    });

    test("a transaction that has not written yet counts too", async () => {
      const late = await databases.source.connect();
      await late.query("BEGIN; SELECT 1");
      await until("a second has passed since it began", async () => {
        const rows = await databases.source.query(
          "SELECT FROM pg_stat_activity WHERE state = 'idle in transaction' AND xact_start < now() - interval '2s'",
        );
        return rows.length > 0;
      });
      await databases.source.query("INSERT INTO events VALUES (4, now() - interval '1.5s')");
      await runLoad(byTime);
      await late.query("INSERT INTO events (id) VALUES (3); COMMIT");
      await late.end();
      await until("all rows are loaded", async () => {
        await runLoad(byTime);
        return (await loaded()).length >= 4;
      });
      expect(await loaded()).toEqual(["1", "2", "3", "4"]);
    });

    test("a time that is years ahead waits, and that is said", async () => {
      await databases.source.query("INSERT INTO events VALUES (3, '2999-01-01+00')");
      const context = aContext();
      expect(await runLoad(byTime, context)).toMatchObject({
        message: "1 table, 2 rows, 1 left for a later load, 1 of these with a time in the future",
      });
      expect(context.lines.filter((line) => line.includes("more than a day in the future"))).toHaveLength(1);
    });

    test("rows younger than the lag wait", async () => {
      await databases.source.query("INSERT INTO events VALUES (3, now() - interval '30 minutes')");
      await runLoad({ cursor: { column: "at", lag: "1h" } });
      expect(await loaded()).toEqual(["1", "2"]);
      await runLoad({ cursor: { column: "at", lag: "10m" } });
      expect(await loaded()).toEqual(["1", "2", "3"]);
    });

    test("a date or a time without zone is one too", async () => {
      await databases.source.query(
        "ALTER TABLE events ALTER at TYPE timestamp(3), ADD COLUMN day date NOT NULL DEFAULT '2024-05-05'",
      );
      await runLoad({ cursor: { column: "day" } });
      await databases.source.query("INSERT INTO events (id, day) VALUES (3, (now() at time zone 'UTC')::date)");
      await runLoad({ cursor: { column: "day" } });
      expect(await loaded()).toEqual(["1", "2"]);
      await databases.warehouse.query("DROP TABLE raw.events");
      await databases.source.query("DELETE FROM events WHERE id = 3");
      await runLoad(byTime);
      expect(await loaded("id, at")).toEqual(["1 2024-01-01 10:00:00.123", "2 2024-01-02 00:00:00"]);
    });

    test("a time without zone of a source whose zone is behind UTC is not passed over", async () => {
      await databases.source.query(`ALTER TABLE events ALTER at TYPE timestamp;
        ALTER DATABASE ${databases.source.name} SET timezone = 'America/New_York'`);
      await runLoad(byTime);
      await databases.source.query("INSERT INTO events (id) VALUES (3)");
      await until("the row is old enough and loaded", async () => {
        await runLoad(byTime);
        return (await loaded()).length >= 3;
      });
      expect(await loaded()).toEqual(["1", "2", "3"]);
    });

    test("a merge takes the new state of rows that have changed", async () => {
      await databases.source.query("ALTER TABLE events ADD COLUMN state text DEFAULT 'new'");
      const merge = { ...byTime, mode: "merge", key: ["id"] } as const;
      await runLoad(merge);
      await databases.source.query("UPDATE events SET state = 'paid', at = now() WHERE id = 1");
      await until("the change is old enough and loaded", async () => {
        await runLoad(merge);
        return (await loaded("id, state")).includes("1 paid");
      });
      expect(await loaded("id, state")).toEqual(["1 paid", "2 new"]);
    });

    test("a role that cannot see when others' transactions began is told, unless there is a lag", async () => {
      const role = `blind_${version}`;
      await databases.source.query(`CREATE ROLE ${role} LOGIN PASSWORD 'x'; GRANT SELECT ON events TO ${role}`);
      const other = await databases.source.connect();
      const source = databases.source.connection({ user: role, password: "x" });
      const warned = async (lag: { readonly lag?: string }) => {
        const context = aContext();
        const from = { connection: "source", schema: "public", tables: ["events"], cursor: { column: "at", ...lag } };
        const to = { connection: "warehouse", schema: "raw" };
        await databases.load({ from, to, mode: "append" }, { context, source });
        return context.lines.some((line) => line.includes("grant it pg_read_all_stats"));
      };
      expect(await warned({})).toBe(true);
      expect(await warned({ lag: "5m" })).toBe(false);
      await other.end();
      await databases.source.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
    });
  });

  describe("numbers that may be committed late", () => {
    beforeEach(() => databases.source.query("CREATE TABLE events (id int NOT NULL)"));

    test("numbers near the largest one wait as the lag says, so that none is lost that is committed late", async () => {
      await databases.source.query("INSERT INTO events SELECT g FROM generate_series(1, 20) g WHERE g <> 17");
      const lagging = { cursor: { column: "id", lagValues: 5 } };
      await runLoad(lagging);
      expect((await loaded()).length).toBe(14);
      await databases.source.query("INSERT INTO events VALUES (17), (25)");
      await runLoad(lagging);
      await databases.source.query("INSERT INTO events VALUES (30)");
      await runLoad(lagging);
      // 25 is the bound itself: other rows of it may still come, because the column is not unique.
      expect((await loaded()).map(Number).sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    });

    test("a lag below all numbers, in a small type, loads nothing yet", async () => {
      await databases.source.query("ALTER TABLE events ALTER id TYPE smallint; INSERT INTO events VALUES (1), (2)");
      expect(await runLoad({ cursor: { column: "id", lagValues: 1_000_000 } })).toMatchObject({ rows: 0 });
    });

    test("a lag of the other kind is refused: it would protect from nothing", async () => {
      await databases.source.query("INSERT INTO events VALUES (1)");
      await expect(runLoad({ cursor: { column: "id", lag: "1h" } })).rejects.toMatchObject({
        kind: "configuration",
        code: "WrongLag",
        message: expect.stringContaining(
          "column id is integer, for which the lag is lagValues, a number, and lag is 1h",
        ),
      });
      await expect(
        runLoad({ mode: "merge", key: ["id"], cursor: { column: "id", lateness: "1h" } }),
      ).rejects.toMatchObject({ code: "WrongLag", message: expect.stringContaining("and lateness is 1h") });
    });

    test("that sequences may be late is said, unless the manifest knows it", async () => {
      await databases.source.query("INSERT INTO events VALUES (1)");
      const said = async (cursor: { column: string; lagValues?: number }) => {
        const context = aContext();
        await runLoad({ cursor }, context);
        return context.lines.filter((line) => line.includes("a sequence gives numbers out")).length;
      };
      expect(await said({ column: "id" })).toBe(1);
      expect(await said({ column: "id", lagValues: 0 })).toBe(0);
    });
  });

  describe("another column", () => {
    test("a unique one is read to its end", async () => {
      await databases.source.query(
        "CREATE TABLE events (id bigint PRIMARY KEY); INSERT INTO events VALUES (1), (9007199254740993)",
      );
      await runLoad(byId);
      await databases.source.query("INSERT INTO events VALUES (9007199254740994)");
      expect(await runLoad(byId)).toMatchObject({ rows: 1 });
      expect(await loaded()).toEqual(["1", "9007199254740993", "9007199254740994"]);
      expect(await cursor()).toEqual([{ source: "public.events", value: "9007199254740994", is_read: "t" }]);
    });

    test("rows of the newest value wait for a newer one, so that ties come once and whole", async () => {
      await databases.source.query(
        "CREATE TABLE events (id int NOT NULL, part text); INSERT INTO events VALUES (1, 'a'), (2, 'a')",
      );
      await runLoad(byId);
      expect(await loaded("id, part")).toEqual(["1 a"]);
      await databases.source.query("INSERT INTO events VALUES (2, 'b'), (3, 'a')");
      await runLoad(byId);
      expect(await loaded("id, part")).toEqual(["1 a", "2 a", "2 b"]);
    });

    test.each([
      ["int", "1", "2"],
      ["double precision", "0.1", "0.30000000000000004"],
      ["text", "'a'", "'b'"],
      ["uuid", "'00000000-0000-0000-0000-000000000001'", "'00000000-0000-0000-0000-000000000002'"],
    ])("of type %s: rows that wait are counted, and all are loaded where none comes late", async (type, low, high) => {
      await databases.source.query(
        `CREATE TABLE events (id ${type} NOT NULL); INSERT INTO events VALUES (${low}), (${high}), (${high})`,
      );
      const context = aContext();
      expect(await runLoad(byId, context)).toMatchObject({
        rows: 1,
        message: "1 table, 1 rows, 2 left for a later load",
      });
      expect(context.lines.filter((line) => line.includes("2 rows of the largest value are left"))).toHaveLength(1);
      const nothingLate = { cursor: { column: "id", lagValues: 0 } };
      expect(await runLoad(nothingLate)).toMatchObject({ rows: 2, message: "1 table, 2 rows" });
      expect(await runLoad(nothingLate)).toMatchObject({ rows: 0 });
      expect(await loaded()).toHaveLength(3);
    });

    test("a merge reads the newest value at once and again", async () => {
      await databases.source.query(
        "CREATE TABLE events (id int NOT NULL, part text); INSERT INTO events VALUES (1, 'a'), (2, 'a')",
      );
      const merge = { ...byId, mode: "merge", key: ["id", "part"] } as const;
      await runLoad(merge);
      await databases.source.query("INSERT INTO events VALUES (2, 'b')");
      await runLoad(merge);
      expect(await loaded("id, part")).toEqual(["1 a", "2 a", "2 b"]);
    });

    test("a start leaves out what is before it", async () => {
      await databases.source.query("CREATE TABLE events (id int PRIMARY KEY); INSERT INTO events VALUES (1), (5), (7)");
      await runLoad({ cursor: { column: "id", start: "5" } });
      expect(await loaded()).toEqual(["5", "7"]);
    });

    test("of a query", async () => {
      await databases.source.query("CREATE TABLE e (id int, text text); INSERT INTO e VALUES (1, 'a'), (2, 'b')");
      const query = {
        ...byId,
        query: "SELECT id, upper(text) AS big FROM e ORDER BY id",
        mode: "merge",
        key: ["id"],
      } as const;
      await runLoad(query);
      await databases.source.query("INSERT INTO e VALUES (3, 'c')");
      expect(await runLoad(query)).toMatchObject({ rows: 2 });
      expect(await loaded("id, big")).toEqual(["1 A", "2 B", "3 C"]);
    });
  });

  describe("the cursor", () => {
    beforeEach(() =>
      databases.source.query("CREATE TABLE events (id int PRIMARY KEY); INSERT INTO events VALUES (1), (2)"),
    );

    test("stays where it is when there is nothing new", async () => {
      await runLoad(byId);
      const before = await databases.warehouse.query("SELECT * FROM raw._kelt_cursors");
      await runLoad(byId);
      expect(await databases.warehouse.query("SELECT * FROM raw._kelt_cursors")).toEqual(before);
    });

    test("is not there after a load of an empty table", async () => {
      await databases.source.query("DELETE FROM events");
      await runLoad(byId);
      expect(await cursor()).toEqual([]);
    });

    test("moves with the rows or not at all", async () => {
      await runLoad(byId);
      await databases.warehouse.query(`CREATE FUNCTION raw.swallow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
        CREATE TRIGGER swallow BEFORE INSERT ON raw.events FOR EACH ROW EXECUTE FUNCTION raw.swallow()`);
      await databases.source.query("INSERT INTO events VALUES (3)");
      await expect(runLoad(byId)).rejects.toMatchObject({ code: "RowCountMismatch" });
      expect(await cursor()).toMatchObject([{ value: "2" }]);
      await databases.warehouse.query("DROP TRIGGER swallow ON raw.events");
      await runLoad(byId);
      expect(await loaded()).toEqual(["1", "2", "3"]);
    });

    test("does not move when a committed load is repeated", async () => {
      await runLoad({ ...byId, uid: "same" });
      await databases.source.query("INSERT INTO events VALUES (3)");
      expect((await runLoad({ ...byId, uid: "same" })).message).toContain("loaded by attempt 1");
      expect(await cursor()).toMatchObject([{ value: "2" }]);
    });

    test("counts for nothing once the target is gone", async () => {
      await runLoad(byId);
      await databases.warehouse.query("DROP TABLE raw.events");
      await runLoad(byId);
      expect(await loaded()).toEqual(["1", "2"]);
    });

    test("of another column is refused, until the target is dropped", async () => {
      await databases.source.query(
        "ALTER TABLE events ADD COLUMN place int NOT NULL UNIQUE GENERATED ALWAYS AS (id + 10) STORED",
      );
      await runLoad(byId);
      await expect(runLoad({ cursor: { column: "place" } })).rejects.toMatchObject({
        kind: "configuration",
        code: "CursorChanged",
        message: expect.stringContaining("has been loaded by column id up to the value in its row, now by place"),
      });
      await databases.warehouse.query("DROP TABLE raw.events");
      await runLoad({ cursor: { column: "place" } });
      expect(await cursor()).toMatchObject([{ value: "12" }]);
    });

    test("of pods that load at the same time moves once", async () => {
      const outcomes = await Promise.all([1, 2, 3].map(() => runLoad({ ...byId, uid: "same" })));
      expect(outcomes.map(({ rows }) => rows)).toEqual([2, 2, 2]);
      expect(await loaded()).toEqual(["1", "2"]);
    });

    test.each([
      ["double precision", "NaN"],
      ["numeric", "NaN"],
      ["real", "Infinity"],
      ["timestamptz NOT NULL", "infinity"],
      ["date", "infinity"],
    ])("of type %s is not moved to %s, which nothing comes after", async (type, value) => {
      await databases.source.query(`ALTER TABLE events ADD COLUMN seen ${type} DEFAULT '${value}'`);
      await expect(runLoad({ cursor: { column: "seen" } })).rejects.toMatchObject({
        kind: "data",
        code: "EndlessCursor",
        message: expect.stringContaining(`from.cursor.column: seen is ${value} in at least one row`),
      });
    });

    test.each([
      [
        "a column that is not there",
        "nothing",
        "configuration",
        "UnknownCursor",
        "has no column nothing; it has: id, hole",
      ],
      ["NULL in it", "hole", "data", "NullCursor", "hole of public.events is NULL in at least one row"],
    ])("%s is refused", async (_what, column, kind, code, message) => {
      await databases.source.query("ALTER TABLE events ADD COLUMN hole int");
      await expect(runLoad({ cursor: { column } })).rejects.toMatchObject({
        kind,
        code,
        message: expect.stringContaining(message),
      });
    });
  });
});
