import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { unpackItems } from "#api/packed-items.ts";
import { EXIT } from "#api/task.ts";
import { Transform } from "#api/transform.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { decodeKept } from "../../../task-image/kept-report/kept-report.ts";
import { macroPackages } from "../../support/dbt/macro-packages.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../../support/servers/postgres.ts";
import { startReportServer } from "../../support/tasks/report-server.ts";
import { channelOf, startReportingTask } from "../../support/tasks/reporting-task.ts";
import { aTask } from "../../support/tasks/task.ts";
import { runTask } from "../../support/tasks/task-process.ts";

/*
 * Where the channel was lost: what an attempt leaves at its destination, and what the next attempt makes of it.
 */
let server: PostgresServer;
let warehouse: TestDatabase;

beforeAll(async () => {
  server = await startPostgres();
  warehouse = await server.createDatabase();
});
afterAll(() => server.stop());

/** A project of two models; the second loses its session as long as `isLost`. */
function project(isLost: boolean): string {
  const directory = temporaryDirectory("project");
  writeFileSync(join(directory, "dbt_project.yml"), "name: kept\n");
  writeFileSync(join(directory, "first.sql"), "{{ config(materialized='table') }} SELECT 1 AS a");
  const body = isLost
    ? "SELECT pg_terminate_backend(pg_backend_pid()) AS a FROM {{ ref('first') }}"
    : "SELECT a FROM {{ ref('first') }}";
  writeFileSync(join(directory, "second.sql"), `{{ config(materialized='table') }} ${body}`);
  return directory;
}

const environmentOf = async (directory: string) => ({
  KELT_PROJECT_DIRECTORY: directory,
  KELT_MACRO_DIRECTORY: (await macroPackages()).macros,
});

const models = (schema: string): WorkOf<"transform"> => ({
  verb: "transform",
  transform: Transform.parse({ connection: "warehouse", schema, project: { configMap: "kept" } }),
});
const attemptOf = (attempt: number, schema: string) =>
  aTask({
    work: models(schema),
    connections: { warehouse: warehouse.connection() },
    uid: `uid-${schema}`,
    node: "models",
    attempt,
  });
const keptIn = async (schema: string) => {
  const rows = await warehouse.query(`SELECT attempt, part, report FROM ${schema}._kelt_reports ORDER BY attempt`);
  return rows.map(({ attempt, part, report }) => ({ attempt, part, ...decodeKept(String(report)) }));
};

test("an attempt that another one may follow leaves its items, and the next one's report is whole again", async () => {
  const first = await runTask(attemptOf(1, "one"), await environmentOf(project(true)));
  expect(first.parsed.error?.kind).toBe("transient");
  expect(await keptIn("one")).toMatchObject([
    {
      attempt: "1",
      part: "-1",
      outcome: "failed",
      items: [
        { kind: "model", name: "first", state: "Succeeded", attempts: 1, rows: 1 },
        { kind: "model", name: "second", state: "Failed", attempts: 1 },
      ],
    },
  ]);
  await using operator = await startReportServer();
  const channel = channelOf(operator);
  const environment = await environmentOf(project(false));
  const second = await startReportingTask(attemptOf(2, "one"), { channel, environment }).ended;
  expect(second.exitCode).toBe(EXIT.done);
  const expected = [
    { name: "first", state: "Succeeded", attempts: 2 },
    { name: "second", state: "Succeeded", attempts: 2 },
  ];
  expect(unpackItems(JSON.parse(second.result).items)).toMatchObject(expected);
  const reported = new Map(
    operator.seen.flatMap(({ report }) => (report.items ?? []).map((item) => [item.name, item])),
  );
  expect([...reported.values()]).toMatchObject(expected);
  expect(await keptIn("one")).toHaveLength(1);
});

test("the same attempt overwrites what it has left, and what an attempt does not come to stays as it was", async () => {
  for (let time = 0; time < 2; time += 1) {
    await runTask(attemptOf(1, "two"), await environmentOf(project(true)));
  }
  expect(await keptIn("two")).toHaveLength(1);
  const gone = {
    ...attemptOf(2, "two"),
    work: { ...models("two"), transform: { ...models("two").transform, project: { configMap: "kept" } } },
  };
  const broken = temporaryDirectory("broken");
  writeFileSync(join(broken, "dbt_project.yml"), "name: kept\n");
  writeFileSync(join(broken, "first.sql"), "{{ nothing(");
  const { parsed } = await runTask(gone, await environmentOf(broken));
  expect(parsed.error?.code).toBe("InvalidProject");
  expect(unpackItems(parsed.items ?? "")).toMatchObject([
    { name: "second", state: "Failed", attempts: 1 },
    { name: "first", state: "Succeeded", attempts: 1 },
  ]);
});

test("a role that may not write says so once, and its work is the same", async () => {
  await warehouse.query(`CREATE SCHEMA three; CREATE TABLE three.films AS SELECT 1 AS id; CREATE ROLE reader LOGIN PASSWORD 'reader-word';
    GRANT USAGE ON SCHEMA three TO reader; GRANT SELECT ON three.films TO reader;
    CREATE FUNCTION three.lose() RETURNS boolean LANGUAGE sql SECURITY DEFINER AS 'SELECT pg_terminate_backend(pg_backend_pid())'`);
  const checks = [
    { table: "three.films", rowCount: { min: 1 }, severity: "error" as const },
    { sql: "SELECT 1 WHERE three.lose()", severity: "error" as const },
  ];
  const connections = { warehouse: warehouse.connection({ user: "reader", password: "reader-word" }) };
  const spec = aTask({
    work: { verb: "test", test: { connection: "warehouse", checks } },
    connections,
    uid: "uid-three",
  });
  const { exitCode, output } = await runTask(spec);
  expect(exitCode).toBe(EXIT.transient);
  expect(output.match(/are not kept at its destination/g)).toHaveLength(1);
  expect(output).toContain("permission denied for schema three");
});

test("a report that reached no operator and that does not fit into the message is kept whole", async () => {
  const checks = Array.from({ length: 120 }, (_, index) => ({
    table: "four.films",
    rowCount: { min: 1 },
    severity: "error" as const,
    name: createHash("sha256").update(String(index)).digest("hex").slice(0, 60),
  }));
  await warehouse.query("CREATE SCHEMA four; CREATE TABLE four.films AS SELECT 1 AS id");
  const spec = aTask({
    work: { verb: "test", test: { connection: "warehouse", checks } },
    connections: { warehouse: warehouse.connection() },
    uid: "uid-four",
  });
  const { exitCode, parsed } = await runTask(spec);
  expect(exitCode).toBe(EXIT.done);
  expect(parsed.itemsLeftOut).toBeGreaterThan(0);
  const [kept] = await keptIn("four");
  expect(kept?.items).toHaveLength(120);
  await warehouse.query("DROP TABLE four._kelt_reports");
  await using operator = await startReportServer();
  await startReportingTask(spec, { channel: channelOf(operator) }).ended;
  const tables = await warehouse.query(
    "SELECT FROM pg_tables WHERE schemaname = 'four' AND tablename = '_kelt_reports'",
  );
  expect(tables).toEqual([]);
});
