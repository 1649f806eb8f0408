import { afterAll, beforeEach, describe, expect, test } from "vitest";
import { Load } from "#api/load.ts";
import { useLoadDatabases } from "../../support/loads/load-databases.ts";
import { until } from "../../support/machine/until.ts";
import { POSTGRES_VERSIONS, type PostgresServer, startStandby } from "../../support/servers/postgres.ts";
import { aContext } from "../../support/tasks/task.ts";

describe.each(POSTGRES_VERSIONS.filter((version) => version === "15"))("a standby of Postgres %s", (version) => {
  const databases = useLoadDatabases(version);
  let standby: PostgresServer | undefined;
  afterAll(() => standby?.stop());

  const loadFrom = (from: object, more: object = {}, context = aContext()) => {
    const source = databases.source.connection({ port: String(standby?.port) });
    const load = Load.parse({
      from: { connection: "source", tables: ["events"], ...from },
      to: { connection: "warehouse", schema: "raw" },
      ...more,
    });
    return databases.load(load, { source, context });
  };
  const followed = (rows: number) =>
    until(
      "the standby has followed",
      async () => (await loadFrom({}, { mode: "replace" }).catch(() => ({ rows: -1 }))).rows === rows,
    );

  beforeEach(async () => {
    standby ??= await startStandby(databases.source.server);
    await databases.source.query(`CREATE TABLE events (id int, at timestamptz NOT NULL DEFAULT now(), wide text);
      INSERT INTO events SELECT g, now() - interval '1 day', repeat('x', 2000) FROM generate_series(1, 10000) AS g`);
    await followed(10_000);
  });

  test("is read as a whole, also by several readers of one snapshot", async () => {
    expect(await loadFrom({ parallel: 3 }, { mode: "replace" })).toMatchObject({ rows: 10_000 });
    expect(await loadFrom({}, { mode: "truncate" })).toMatchObject({ rows: 10_000 });
  });

  test("is read by increments, and that it does not show its primary's transactions is said", async () => {
    await databases.warehouse.query("DROP TABLE raw.events");
    const byTime = (cursor: object, context = aContext()) =>
      loadFrom({ cursor: { column: "at", ...cursor } }, { mode: "append" }, context);
    const context = aContext();
    expect(await byTime({}, context)).toMatchObject({ rows: 10_000 });
    const said = (lines: readonly string[]) => lines.filter((line) => line.includes("a standby does not show")).length;
    expect(said(context.lines)).toBe(1);
    await databases.source.query("INSERT INTO events (id, at) VALUES (20000, now() - interval '1 hour')");
    const quiet = aContext();
    await until("the row has come", async () => (await byTime({ lag: "30m" }, quiet)).rows === 1);
    expect(said(quiet.lines)).toBe(0);
  });
});
