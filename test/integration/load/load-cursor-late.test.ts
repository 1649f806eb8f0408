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
  const databases = useLoadDatabases(version, { max_prepared_transactions: "2" });

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
  const byTime = { cursor: { column: "at" } };
  const loaded = async (columns = "id") =>
    (await databases.warehouse.query(`SELECT concat_ws(' ', ${columns}) AS row FROM raw.events ORDER BY 1`)).map(
      ({ row }) => row,
    );
  const cursor = () => databases.warehouse.query("SELECT source, value, is_read FROM raw._kelt_cursors");

  beforeEach(() =>
    databases.source.query(`CREATE TABLE events (id int, at timestamptz NOT NULL DEFAULT now());
      INSERT INTO events VALUES (1, '2024-01-01 10:00:00.123456+00'), (2, '2024-01-02+00')`),
  );

  test("rows of a prepared transaction are not lost, and that its beginning is not known is said", async () => {
    const late = await databases.source.connect();
    await late.query("BEGIN; INSERT INTO events (id) VALUES (3); PREPARE TRANSACTION 'late'");
    await late.end();
    await databases.source.query("INSERT INTO events (id) VALUES (4)");
    const context = aContext();
    await runLoad(byTime, context);
    expect(context.lines.filter((line) => line.includes("1 prepared transactions"))).toHaveLength(1);
    expect(await loaded()).toEqual(["1", "2"]);
    await databases.source.query("COMMIT PREPARED 'late'");
    await until("both rows are old enough and loaded", async () => {
      await runLoad(byTime);
      return (await loaded()).length >= 4;
    });
    expect(await loaded()).toEqual(["1", "2", "3", "4"]);
  });

  test("a row that comes with an older time than the load's, but a newer one than what was loaded, is not lost", async () => {
    await runLoad(byTime);
    expect(await cursor()).toEqual([{ source: "public.events", value: "2024-01-02 00:00:00+00", is_read: "t" }]);
    await databases.source.query("INSERT INTO events VALUES (3, now() - interval '5 minutes')");
    expect(await runLoad(byTime)).toMatchObject({ rows: 1 });
    expect(await runLoad(byTime)).toMatchObject({ rows: 0 });
    expect(await loaded()).toEqual(["1", "2", "3"]);
  });

  test("how late rows come is what a merge reads again", async () => {
    const merge = { mode: "merge", key: ["id"] } as const;
    const late = { ...merge, cursor: { column: "at", lateness: "2h" } };
    await databases.source.query("INSERT INTO events VALUES (3, now() - interval '10 minutes')");
    await runLoad(late);
    await databases.source.query(
      "INSERT INTO events VALUES (4, now() - interval '1 hour'), (5, now() - interval '5 hours')",
    );
    await runLoad({ ...merge, ...byTime });
    expect(await loaded()).toEqual(["1", "2", "3"]);
    await runLoad(late);
    expect(await loaded()).toEqual(["1", "2", "3", "4"]);
  });

  test("a lag that takes the horizon back does not take the cursor back", async () => {
    await databases.source.query("INSERT INTO events VALUES (3, now() - interval '2 minutes')");
    await runLoad(byTime);
    const before = await cursor();
    const merge = { mode: "merge", key: ["id"], cursor: { column: "at", lag: "1h" } } as const;
    expect(await runLoad(merge)).toMatchObject({ rows: 1 });
    expect(await cursor()).toEqual(before);
  });

  test("what the times of rows are taken for is said, unless the manifest says it", async () => {
    const said = async (cursor: { readonly column: string; readonly lag?: string }) => {
      const context = aContext();
      await runLoad({ cursor }, context);
      return context.lines.filter((line) => line.includes("with an older time than one that has been loaded")).length;
    };
    expect(await said({ column: "at" })).toBe(1);
    expect(await said({ column: "at", lag: "0s" })).toBe(0);
  });
});
