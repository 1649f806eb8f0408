import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { ReportItem } from "#api/report.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { extract } from "../../../task-image/commands/extract.ts";
import { load } from "../../../task-image/commands/load.ts";
import { type Lake, startLake } from "../../support/loads/load-files.ts";
import { aContext, aTask, type TestContext } from "../../support/tasks/task.ts";

/*
 * What each verb says of the items inside its node, to its end: `report-channel.test.ts` has the order in which it is said.
 */
let lake: Lake;
beforeAll(async () => {
  lake = await startLake();
});
afterAll(() => lake[Symbol.asyncDispose]());
beforeEach(() => lake.newWarehouse());

/** The items as they are when the command has ended, without what differs from run to run. */
async function itemsOf(work: (context: TestContext) => Promise<unknown>): Promise<readonly Partial<ReportItem>[]> {
  const context = aContext();
  const failure = await work(context).then(
    () => undefined,
    (error: Error) => error.message,
  );
  context.progress.conclude(failure);
  return context.progress.all().map(({ seconds: _seconds, bytes: _bytes, ...item }) => item);
}

const connections = () => ({ lake: lake.connection, warehouse: lake.warehouse.connection() });
const loadFiles = (parts: Partial<WorkOf<"load">["load"]> & { readonly uid?: string; readonly attempt?: number }) => {
  const { uid = "uid", attempt = 1, ...more } = parts;
  const work: WorkOf<"load"> = {
    verb: "load",
    load: {
      from: { connection: "lake", schema: "public", files: { films: "films.csv", actors: "actors.csv" } },
      to: { connection: "warehouse", schema: "raw" },
      mode: "replace",
      ...more,
    },
  };
  return itemsOf((context) => load(aTask({ work, connections: connections(), uid, attempt }), context));
};

test("a load says every table; a repeat says what was loaded; what is not new is skipped", async () => {
  await lake.put("films.csv", "id\n1\n2\n");
  await lake.put("actors.csv", "id\n1\n");
  const loaded = [
    { kind: "table", name: "raw.films", state: "Succeeded", attempts: 1, rows: 2 },
    { kind: "table", name: "raw.actors", state: "Succeeded", attempts: 1, rows: 1 },
  ];
  expect(await loadFiles({ mode: "append", onlyNew: true })).toEqual(loaded);
  const repeated = await loadFiles({ mode: "append", onlyNew: true, attempt: 2 });
  expect(repeated).toEqual(loaded.map(({ attempts: _attempts, ...item }) => item));
  await lake.put("actors.csv", "id\n2\n");
  expect(await loadFiles({ mode: "append", onlyNew: true, uid: "next" })).toMatchObject([
    { name: "raw.films", state: "Skipped", message: "no new files" },
    { name: "raw.actors", state: "Succeeded", rows: 1 },
  ]);
});

test("a load that fails says which table did, and that the others are not there", async () => {
  await lake.put("films.csv", "id\n1\n");
  await lake.put("actors.csv", 'id\n"1\n');
  expect(await loadFiles({})).toMatchObject([
    { name: "raw.films", state: "Skipped", message: "rolled back", rows: 1 },
    { name: "raw.actors", state: "Failed", message: expect.stringContaining("actors.csv, line 2") },
  ]);
});

test("rejected rows are said", async () => {
  await lake.put("films.csv", "id\n1\nx\n");
  await lake.put("actors.csv", "id\n1\n");
  const items = await loadFiles({ columns: { films: { id: "integer" } }, rejects: { max: 5 } });
  expect(items[0]).toMatchObject({ state: "Succeeded", rows: 1, message: "rows rejected: 1" });
});

test("an extract says every table, also those that it does not come to", async () => {
  await lake.warehouse.query(
    "CREATE TABLE films AS SELECT 1 AS id; CREATE VIEW broken AS SELECT 1 / (id - 1) AS x FROM films",
  );
  const run = (...tables: string[]) => {
    const work: WorkOf<"extract"> = {
      verb: "extract",
      extract: {
        from: { connection: "warehouse", schema: "public", tables },
        to: { directory: "out", compression: "none", createBucket: false },
      },
    };
    return itemsOf((context) => extract(aTask({ work, connections: connections() }), context));
  };
  expect(await run("films")).toEqual([
    { kind: "table", name: "public.films", state: "Succeeded", attempts: 1, rows: 1 },
  ]);
  expect(await run("films", "broken", "films")).toMatchObject([
    { name: "public.films", state: "Skipped", message: "rolled back" },
    { name: "public.broken", state: "Failed", message: expect.stringContaining("division by zero") },
    { name: "public.films (2)", state: "Skipped", message: "not reached" },
  ]);
  expect(await run("nothing")).toMatchObject([{ name: "public.nothing", state: "Skipped", message: "not reached" }]);
});
