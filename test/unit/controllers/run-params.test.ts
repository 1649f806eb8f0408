import { describe, expect, test } from "vitest";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { startedOperator } from "../../support/fake-cluster/started-operator.ts";

const env = (value: string) => ({ container: { env: { VALUE: value } } });
const PARAMS = {
  day: { type: "date", default: "$(run.scheduled:%F)" },
  limit: { type: "integer" },
  region: { enum: ["eu", "us"], default: "eu" },
};

async function started(nodes: object, more: object, params: object | undefined, options: object = {}) {
  const world = await startedOperator(nodes, { runs: [], more, ...options });
  const spec = { pipeline: "p", ...(params === undefined ? {} : { params }) };
  world.api.storage.create("PipelineRun", "demo", { metadata: { name: "run" }, spec });
  await world.clock.advance(30_000);
  const jobs = world.api.storage.list("Job") as {
    metadata: { name: string };
    spec?: { template: { spec: { containers: { env: { name: string; value: string }[] }[] } } };
  }[];
  const values = jobs.map(({ metadata, spec: job }) => [
    metadata.name,
    job?.template.spec.containers[0]?.env.find(({ name }) => name === "VALUE")?.value,
  ]);
  return { ...world, values: Object.fromEntries(values) as Record<string, string | undefined> };
}

const succeeded = (status: PipelineRunStatus) => status.conditions?.find(({ type }) => type === "Succeeded");

test("a run has its parameters in its status and its Jobs, and keeps them when the Pipeline has other defaults", async () => {
  const nodes = {
    a: env("$(params.day) $(params.limit) $(params.region)"),
    b: { ...env("$(params.region)"), needs: ["a"] },
  };
  const { api, clock, status, values } = await started(
    nodes,
    { params: PARAMS, startAhead: 0 },
    { limit: "5" },
    { pods: false },
  );
  expect(status().params).toEqual({ day: "2026-01-01", limit: 5, region: "eu" });
  expect(values).toEqual({ "run-a-a1": "2026-01-01 5 eu" });
  const changed = { nodes, params: { ...PARAMS, region: { default: "us" } } };
  api.storage.patch("Pipeline", { namespace: "demo", name: "p" }, { spec: changed }, {});
  await clock.advance(30_000);
  expect(status().params).toMatchObject({ region: "eu" });
});

describe("a run is refused before it begins, with all that is wrong", () => {
  test.each([
    [
      "a value that is missing and one that does not fit",
      { region: "en", day: "soon" },
      'the run does not begin: spec.params[day]: expected a day such as 2026-12-01, found "soon"; spec.params[limit]: a value is missing: set one of type integer; spec.params[region]: expected one of "eu", "us", found "en"',
    ],
    [
      "a name that there is not",
      { limit: 1, regoin: "eu" },
      "spec.params[regoin]: no parameter is called regoin; did you mean region?",
    ],
  ])("%s", async (_, params, message) => {
    const { status, values } = await started({ a: env("$(params.limit)") }, { params: PARAMS }, params);
    expect(succeeded(status())).toMatchObject({
      status: "False",
      reason: "InvalidParameters",
      message: expect.stringContaining(message),
    });
    expect(status().params).toBeUndefined();
    expect(values).toEqual({});
  });

  test("a value that does not fit where it stands", async () => {
    const connections = { w: { postgres: { secretRef: "w" } } };
    const load = { from: { connection: "w", tables: ["films"] }, to: { connection: "w", schema: "$(params.schema)" } };
    const more = { connections, params: { schema: { default: "raw" } } };
    const { status, values } = await started({ a: { load } }, more, { schema: "raw.x" });
    expect(succeeded(status())).toMatchObject({
      reason: "InvalidParameters",
      message: expect.stringContaining('spec.nodes[a].load.to.schema: $(params.schema) is "raw.x" here'),
    });
    expect(values).toEqual({});
  });

  test("parameters of a Pipeline that declares none", async () => {
    const { status } = await started({ a: env("1") }, {}, { limit: 1 });
    expect(succeeded(status())).toMatchObject({
      reason: "InvalidParameters",
      message: expect.stringContaining("the Pipeline has none"),
    });
  });

  test("a default that names an interval which the run has not", async () => {
    const params = { day: { type: "date", default: "$(run.interval.start:%F)" } };
    const { status } = await started({ a: env("$(params.day)") }, { params }, undefined);
    expect(succeeded(status())).toMatchObject({
      reason: "InvalidPipeline",
      message: expect.stringContaining("spec.params[day].default names the run's interval"),
    });
  });
});

test("what a run says is data: an expression in it stays as it is written", async () => {
  const { values } = await started(
    { a: env("<$(params.note)>") },
    { params: { note: {} } },
    { note: "$(run.scheduled) $$(x)" },
  );
  // Kubernetes' own replacement is switched off by a second dollar.
  expect(values["run-a-a1"]).toBe("<$$(run.scheduled) $$$$(x)>");
});

describe("a node has the results of others that it names", () => {
  const nodes = { a: { container: { command: ["/bin/true"] } }, b: env("$(nodes.a.state) at $(nodes.a.finished:%F)") };

  test("as the status has them when it begins", async () => {
    const { status, values } = await started(nodes, {}, undefined);
    expect(values["run-b-a1"]).toBe("Succeeded at 2026-01-01");
    expect(succeeded(status())).toMatchObject({ reason: "Succeeded" });
  });

  test("and fails without an attempt where there is no such result", async () => {
    const { status, values } = await started({ ...nodes, b: env("$(nodes.a.rows)") }, {}, undefined);
    expect(status().nodes?.b).toMatchObject({
      state: "Failed",
      reason: "ResultMissing",
      message: "container.env.VALUE names $(nodes.a.rows), and node a succeeded and has said no rows",
    });
    expect(Object.keys(values)).toEqual(["run-a-a1"]);
  });
});

test("runs of a schedule have the values that it sets, with the times of their slots", async () => {
  const schedule = { cron: "0 0 * * *", params: { limit: 7, day: "$(run.interval.start:%F)" } };
  const world = await startedOperator(
    { a: env("$(params.day) $(params.limit)") },
    { runs: [], more: { params: PARAMS, schedule } },
  );
  await world.clock.advance(24 * 3_600_000);
  const runs = world.api.storage.list("PipelineRun") as {
    metadata: { name: string };
    spec?: object;
    status?: object;
  }[];
  expect(runs.map(({ spec }) => spec)).toContainEqual(
    expect.objectContaining({ scheduled: "2026-01-02T00:00:00.000Z", params: { limit: 7, day: "2026-01-01" } }),
  );
  expect(runs.map(({ status }) => status)).toContainEqual(
    expect.objectContaining({ params: { limit: 7, day: "2026-01-01", region: "eu" } }),
  );
});
