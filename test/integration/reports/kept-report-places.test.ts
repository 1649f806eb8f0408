import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Extract } from "#api/extract.ts";
import type { ReportItem } from "#api/report.ts";
import type { TaskConnection } from "#api/task.ts";
import type { WorkOf } from "../../../task-image/commands/command.ts";
import { keepReport, recallItems } from "../../../task-image/kept-report/keeping.ts";
import { startRedshiftLake } from "../../support/redshift/lake.ts";
import { startSnowflakeScene } from "../../support/snowflake/scene.ts";
import { aContext, aTask } from "../../support/tasks/task.ts";

/** A system that reports are kept in, and a node whose destination it is. */
interface Kept {
  readonly connections: Readonly<Record<string, TaskConnection>>;
  readonly work: WorkOf<"load"> | WorkOf<"extract">;
}

const load: WorkOf<"load"> = {
  verb: "load",
  load: {
    from: { connection: "lake", schema: "public", files: { films: "films.csv" } },
    to: { connection: "warehouse", schema: "raw" },
    mode: "replace",
  },
};
const item = (name: string, state: ReportItem["state"], attempts: number): ReportItem => ({
  kind: "table",
  name,
  state,
  attempts,
});

const started: AsyncDisposable[] = [];
const keptIn: Record<string, Kept> = {};

beforeAll(async () => {
  const [lake, scene] = await Promise.all([startRedshiftLake(), startSnowflakeScene()]);
  started.push(lake, scene);
  await lake.put("films.csv", "id\n1\n");
  await lake.load({ files: { films: "films.csv" } });
  keptIn.Redshift = { connections: { warehouse: lake.redshift.connection(lake.warehouse) }, work: load };
  await scene.put("films.csv", "id\n1\n");
  await scene.load();
  keptIn.Snowflake = { connections: { warehouse: scene.snowflake.connection() }, work: load };
  const extract = Extract.parse({
    from: { connection: "source", tables: ["films"] },
    to: { connection: "lake", prefix: "raw/", createBucket: true },
  });
  keptIn["a bucket"] = { connections: { lake: lake.s3.connection("lake") }, work: { verb: "extract", extract } };
});
afterAll(async () => {
  for (const one of started) await one[Symbol.asyncDispose]();
});

describe.each(["Redshift", "Snowflake", "a bucket"])("in %s", (where) => {
  const taskOf = (attempt: number, node = "raw", uid = "uid-1") => {
    const { work, connections } = keptIn[where] ?? expect.fail(where);
    return aTask({ work, connections, uid, node, attempt });
  };
  const context = aContext();
  const keep = (attempt: number, items: readonly ReportItem[]) =>
    keepReport(taskOf(attempt), { outcome: "failed", items, leftOut: 0 }, context);

  test("a report is found by the next attempts of the node, and by nobody else", async () => {
    expect(await recallItems(taskOf(1), context)).toEqual([]);
    await keep(1, [item("films", "Failed", 1)]);
    await keep(1, [item("films", "Failed", 1), item("actors", "Succeeded", 1)]);
    for (const attempt of [1, 2, 3]) {
      expect(await recallItems(taskOf(attempt), context)).toEqual([
        item("films", "Failed", 1),
        item("actors", "Succeeded", 1),
      ]);
    }
    expect(await recallItems(taskOf(2, "other"), context)).toEqual([]);
    expect(await recallItems(taskOf(2, "raw", "uid-2"), context)).toEqual([]);
    await keep(2, [item("films", "Succeeded", 2)]);
    expect(await recallItems(taskOf(3), context)).toEqual([item("films", "Succeeded", 2)]);
    expect(context.lines).toEqual([]);
  });

  test("a report of thousands of items is whole", async () => {
    const items = Array.from({ length: 5000 }, (_, index) =>
      item(`model_${index}`, index === 3 ? "Failed" : "Succeeded", 1),
    );
    await keep(3, items);
    const found = await recallItems(taskOf(4), context);
    expect(found.length).toBe(5000);
    expect(new Set(found.map(({ name }) => name)).size).toBe(5000);
    expect(context.lines).toEqual([]);
  });
});

test("a system that is not there costs no more than a line", async () => {
  const nowhere: TaskConnection = { kind: "postgres", host: "127.0.0.1", port: 1, database: "x", user: "x" };
  const context = aContext();
  const task = aTask({ work: load, connections: { warehouse: nowhere } });
  await keepReport(task, { outcome: "failed", items: [item("films", "Failed", 1)], leftOut: 0 }, context);
  expect(await recallItems(task, context)).toEqual([]);
  expect(context.lines).toHaveLength(2);
  expect(context.lines[0]).toContain("are not kept at its destination");
});
