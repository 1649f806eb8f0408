import { expect, test } from "vitest";
import { startedOperator } from "../../support/fake-cluster/started-operator.ts";

const DAY = "$(run.interval.start:%F)";
const NODES = { a: { container: { env: { DAY } } } };
const SCHEDULE = { cron: "0 6 * * *", timeZone: "Europe/Berlin" };

async function started(more: object, spec: object) {
  const world = await startedOperator(NODES, { runs: [], more });
  world.api.storage.create("PipelineRun", "demo", { metadata: { name: "run" }, spec: { pipeline: "p", ...spec } });
  await world.clock.advance(30_000);
  const [job] = world.api.storage.list("Job") as {
    spec?: { template: { spec: { containers: { env: object[] }[] } } };
  }[];
  return { status: world.status(), env: job?.spec?.template.spec.containers[0]?.env };
}

test("a run by hand is for its creation and the last whole interval of the schedule, and its Jobs have those values", async () => {
  const { status, env } = await started({ schedule: SCHEDULE }, {});
  expect(status).toMatchObject({
    scheduled: expect.stringMatching(/^2026-01-01T00:00:0/),
    interval: { start: "2025-12-30T05:00:00.000Z", end: "2025-12-31T05:00:00.000Z" },
    timeZone: "Europe/Berlin",
  });
  expect(env).toContainEqual({ name: "DAY", value: "2025-12-30" });
});

test("its spec says another time and another interval", async () => {
  const interval = { start: "2025-11-01T00:00:00Z", end: "2025-12-01T00:00:00Z" };
  const { status, env } = await started({}, { scheduled: "2025-12-01T06:00:00+01:00", interval });
  expect(status).toMatchObject({ scheduled: "2025-12-01T05:00:00.000Z", timeZone: "UTC" });
  expect(env).toContainEqual({ name: "DAY", value: "2025-11-01" });
});

test("without a schedule and an interval it ends before it begins, and says what to do", async () => {
  const { status, env } = await started({}, {});
  expect(status.conditions?.find(({ type }) => type === "Succeeded")).toMatchObject({
    status: "False",
    reason: "InvalidPipeline",
    message: expect.stringContaining("spec.nodes[a].container.env.DAY names the run's interval"),
  });
  expect(env).toBeUndefined();
});
