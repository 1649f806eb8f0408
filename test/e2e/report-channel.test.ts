import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodeReportStatus } from "#api/node-report.ts";
import { ROOT } from "../support/cluster/chart.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  DEMO,
  deleteOperatorPods,
  eventually,
  finishedRun,
  getRun,
  helm,
  jobsOf,
  type Run,
  verdictOf,
} from "../support/cluster/kind.ts";

const check = (name: string, seconds: number) => ({ name, sql: `SELECT 1 WHERE pg_sleep(${seconds}) IS NULL` });
const pipelineOf = (...checks: readonly object[]) => ({
  connections: { warehouse: { postgres: { secretRef: "films-warehouse" } } },
  nodes: { quality: { test: { connection: "warehouse", checks } } },
});

beforeAll(async () => {
  await applyPipeline("watched", pipelineOf(check("quick", 0), check("slow", 20)));
  await applyPipeline("brief", pipelineOf(check("one", 0), check("other", 0)));
});
afterAll(() => {
  mustKubectl(["delete", "pipelines", "watched", "brief", "-n", DEMO]);
});

function reportOf(run: string): NodeReportStatus | undefined {
  const { ok, stdout } = kubectl(["get", "nodereport", `${run}-quality`, "-n", DEMO, "-o", "json"]);
  return ok ? (JSON.parse(stdout) as { status?: NodeReportStatus }).status : undefined;
}

const statesOf = (report: NodeReportStatus | undefined) =>
  Object.fromEntries((report?.items ?? []).map(({ name, state }) => [name, state]));

function volumesOf(run: Run): readonly string[] {
  const names = `jsonpath={.items[*].spec.template.spec.volumes[*].name}`;
  const text = mustKubectl(["get", "jobs", "-n", DEMO, "-l", `kelt.dev/run-uid=${run.metadata.uid}`, "-o", names]);
  return text.split(" ");
}

test("a node's items are seen while it works, by another leader too, and all of them at its end", async () => {
  const name = createRun("watched");
  const halfway = { quick: "Succeeded", slow: "Running" };
  const isHalfway = () => {
    const states = statesOf(reportOf(name));
    return states.quick === halfway.quick && states.slow === halfway.slow ? true : undefined;
  };
  const isRunning = () => (getRun(name).status.nodes?.quality?.state === "Running" ? true : undefined);
  await eventually("the first check's success", isHalfway);
  // The run's status has a pace of its own, and may come after the report.
  await eventually("the node at work", isRunning);
  mustKubectl(["delete", "nodereport", `${name}-quality`, "-n", DEMO]);
  deleteOperatorPods();
  await eventually("the report of another leader", isHalfway);
  expect(isRunning()).toBe(true);
  const run = await finishedRun(name);
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
  expect(jobsOf(run)).toEqual(["quality/1"]);
  await eventually("the whole report", () => (reportOf(name)?.conditions?.[0]?.status === "True" ? true : undefined));
  expect(statesOf(reportOf(name))).toEqual({ quick: "Succeeded", slow: "Succeeded" });
});

describe("an installation without the channel", () => {
  beforeAll(() => {
    helm("upgrade", "kelt", `${ROOT}helm`, "--reuse-values", "--set", "reportChannel.enabled=false", "--wait");
  });
  afterAll(() => {
    helm("upgrade", "kelt", `${ROOT}helm`, "--reuse-values", "--set", "reportChannel.enabled=true", "--wait");
  });

  test("runs as well, gives tasks no token, and shows the items at the node's end", async () => {
    const run = await finishedRun(createRun("brief"));
    expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
    expect(volumesOf(run)).not.toContain("report");
    await eventually("the items", () => (reportOf(run.metadata.name)?.items?.length === 2 ? true : undefined));
    expect(statesOf(reportOf(run.metadata.name))).toEqual({ one: "Succeeded", other: "Succeeded" });
  });
});

test("with the channel again, tasks have their token again", async () => {
  const run = await finishedRun(createRun("brief"));
  expect(volumesOf(run)).toContain("report");
});
