import { expect, test } from "vitest";
import { type PlannedUnit, packPlan } from "#api/packing.ts";
import type { PipelineSpec } from "#api/pipeline.ts";
import type { NodeStatus, PipelineRunStatus } from "#api/pipeline-run.ts";
import { expandedCopy } from "../../../operator/controllers/runs/observe.ts";
import { jobName } from "../../../operator/job/names.ts";
import { readCopy } from "../../../operator/run/copy.ts";
import { decide } from "../../../operator/run/decide.ts";
import type { AttemptFacts, Facts } from "../../../operator/run/facts.ts";
import { expandStatus, packNodes, packStatus } from "../../../operator/run/packing/packed-status.ts";
import { statusOf } from "../../../operator/run/status.ts";
import { anAttempt, anEndedPod, aPipeline, aPod, aResult, someFacts, T0 } from "../../support/manifests/make.ts";

const PROJECT = "a".repeat(64);
const packedPlan = (units: readonly PlannedUnit[], hasEnd = false) => packPlan({ project: PROJECT, hasEnd, units });
/** films and genres, then rated of both, then best. */
const UNITS: readonly PlannedUnit[] = [
  { name: "films", needs: [] },
  { name: "genres", needs: [] },
  { name: "rated", needs: [0, 1] },
  { name: "best", needs: [2] },
];

/** A pipeline whose node `marts` is packed; `page` comes after it. */
function aPackedPipeline(fields: object = {}, node: object = {}): PipelineSpec {
  const project = { configMap: "marts" };
  const transform = { connection: "warehouse", schema: "dbt", project, command: "build", packing: "model", ...fields };
  const marts = { needs: ["raw"], transform, ...node };
  const { nodes } = aPipeline({ raw: [], page: ["marts"] });
  const { container: _, ...rest } = { ...nodes.raw };
  const connections = { warehouse: { postgres: {} } };
  return aPipeline({}, { nodes: { ...nodes, marts: { ...rest, ...marts } }, connections });
}

type Attempts = Readonly<Record<string, readonly AttemptFacts[]>>;

function facts(marts: NodeStatus, attempts: Attempts = {}, more: { spec?: PipelineSpec; now?: number } = {}): Facts {
  const { spec = aPackedPipeline(), now = T0 } = more;
  const nodes = { raw: { state: "Succeeded" as const }, marts, page: { state: "Pending" as const } };
  const status = expandStatus({ nodes } as PipelineRunStatus);
  const copy = expandedCopy(readCopy(spec), status);
  return someFacts(spec, {
    ...{ now, status, attempts: new Map(Object.entries(attempts)) },
    ...(copy === undefined ? {} : { copy }),
  });
}

const planned = (states = "SPPPP", more: Partial<NodeStatus> = {}): NodeStatus => ({
  state: "Running",
  started: new Date(T0).toISOString(),
  packed: { plan: packedPlan(UNITS), states },
  ...more,
});
const succeeded = (key: string, more: object = {}) => anAttempt(key, 1, [anEndedPod(0, aResult(key, 1, more))]);
const failed = (key: string) =>
  anAttempt(key, 1, [
    anEndedPod(
      65,
      aResult(key, 1, { outcome: "failed", error: { kind: "data", code: "CheckFailed", message: "2 rows" } }),
    ),
  ]);
const running = (key: string): AttemptFacts => anAttempt(key, 1, [aPod({ runningSince: T0 })]);
const begun = (given: Facts) =>
  decide(given).actions.flatMap((action) => (action.do === "createJob" ? [`${action.node} ${action.attempt}`] : []));
const stored = (given: Facts) => {
  const { verdict } = decide(given);
  return verdict === undefined ? undefined : statusOf(verdict, given).nodes?.marts;
};

test("a packed node begins with the Job that plans, and with no other", () => {
  expect(begun(facts({ state: "Pending" }))).toEqual(["marts/plan 1"]);
  expect(stored(facts({ state: "Pending" }))).toMatchObject({ state: "Starting", packed: { states: "D" } });
});

test("a plan is stored before any unit begins because of it, whichever way it came", () => {
  const plan = packedPlan(UNITS);
  const left = facts({ state: "Running" }, { "marts/plan": [succeeded("marts/plan", { plan })] });
  const result = JSON.parse(aResult("marts/plan", 1, { plan }));
  const pushing = aPod({ runningSince: T0, pushed: { result, at: T0 } });
  const pushed = facts({ state: "Running" }, { "marts/plan": [anAttempt("marts/plan", 1, [pushing])] });
  for (const given of [left, pushed]) {
    expect(begun(given)).toEqual([]);
    expect(decide(given).storeFirst).toBe(true);
    expect(stored(given)).toMatchObject({ state: "Running", packed: { plan, states: "SPPPP" } });
  }
});

test("where there is no plan that can be read one Job builds all, and the node says why", () => {
  const given = facts({ state: "Running" }, { "marts/plan": [succeeded("marts/plan", { plan: "nonsense" })] });
  expect(decide(given)).toMatchObject({ storeFirst: true, restsOnAbsence: true });
  expect(stored(given)).toMatchObject({
    packed: { states: "SP" },
    message: expect.stringContaining("one Job for all"),
  });
  expect(begun(facts({ state: "Running", packed: { alone: "it was lost", states: "SP" } }))).toEqual(["marts/all 1"]);
});

test("units begin when all that they need is stored as succeeded, or has ended", () => {
  expect(begun(facts(planned()))).toEqual(["marts/films 1", "marts/genres 1"]);
  const halfway = { "marts/films": [succeeded("marts/films")], "marts/genres": [running("marts/genres")] };
  expect(begun(facts(planned(), halfway))).toEqual([]);
  const done = { "marts/films": [succeeded("marts/films")], "marts/genres": [succeeded("marts/genres")] };
  expect(begun(facts(planned(), done))).toEqual(["marts/rated 1"]);
});

test("a unit that has succeeded by a push alone is stored before the next one begins", () => {
  const result = JSON.parse(aResult("marts/genres", 1));
  const pushing = anAttempt("marts/genres", 1, [aPod({ runningSince: T0, pushed: { result, at: T0 } })]);
  const given = facts(planned("SSDPP", { packed: { plan: packedPlan(UNITS), states: "SSDPP" } }), {
    "marts/genres": [pushing],
  });
  expect(begun(given)).toEqual([]);
  expect(decide(given).storeFirst).toBe(true);
  expect(stored(given)?.packed?.states).toBe("SSSPP");
});

test("no more units are at work than threads allow, and one that waits for its next attempt keeps its place", () => {
  const spec = aPackedPipeline({ threads: 1 });
  expect(begun(facts(planned(), {}, { spec }))).toEqual(["marts/films 1"]);
  const retrying: NodeStatus = { state: "Retrying", attempt: 1, retryAt: new Date(T0 + 5000).toISOString() };
  const packed = { plan: packedPlan(UNITS), states: "SDPPP", units: { films: retrying } };
  expect(begun(facts(planned("", { packed }), {}, { spec }))).toEqual([]);
});

test("a unit that ends lets another one begin once that is stored, at once", () => {
  const spec = aPackedPipeline({ threads: 1 });
  const works: NodeStatus = { state: "Running", attempt: 1 };
  const packed = { plan: packedPlan(UNITS), states: "SPDPP", units: { genres: works } };
  const given = facts(planned("", { packed }), { "marts/genres": [succeeded("marts/genres")] }, { spec });
  expect(decide(given).storeFirst).toBe(true);
  expect(begun(facts(planned("SPSPP"), {}, { spec }))).toEqual(["marts/films 1"]);
});

test("what stands behind a failed unit is skipped, the rest is built, and the node fails for the unit's reason", () => {
  const given = facts(planned(), { "marts/films": [failed("marts/films")], "marts/genres": [running("marts/genres")] });
  expect(stored(given)).toMatchObject({
    state: "Running",
    reason: "UnitFailed",
    job: "films-1-marts/films-a1",
    message: expect.stringContaining("films (Job films-1-marts/films-a1): 2 rows"),
    packed: { states: "SFDKK" },
  });
  const over = facts(
    planned("SFSKK", {
      packed: {
        ...planned("SFSKK").packed,
        units: { films: { state: "Failed", reason: "DataError", message: "2 rows", job: "j" } },
      },
    }),
  );
  expect(stored(over)).toMatchObject({
    state: "Failed",
    reason: "DataError",
    job: "j",
    units: "1/4",
    message: "1/4 units have succeeded, 1 failed; films (Job j): 2 rows; skipped because of it: 2",
  });
  expect(decide(over).verdict?.nodes.page?.state).toBe("Skipped");
});

test("with failFast no other unit begins after a failure", () => {
  const spec = aPackedPipeline({ failFast: true, threads: 1 });
  const given = facts(planned("SFPPP"), {}, { spec });
  expect(begun(given)).toEqual([]);
  expect(stored(given)).toMatchObject({ state: "Failed", packed: { states: "SFKKK" } });
});

test("units that go on begin when what they need has ended, and what comes last when all have", () => {
  const units: readonly PlannedUnit[] = [
    { name: "level-1", needs: [] },
    { name: "level-2", needs: [0], goesOn: true },
  ];
  const works = { "level-2": { state: "Running" as const, attempt: 1 } };
  const levels = (states: string) => {
    const isAtWork = states.includes("D");
    const details = isAtWork ? { units: works } : {};
    const attempts = isAtWork ? { "marts/level-2": [running("marts/level-2")] } : {};
    return facts(planned("", { packed: { plan: packedPlan(units, true), states, ...details } }), attempts);
  };
  expect(begun(levels("SFPP"))).toEqual(["marts/level-2 1"]);
  expect(begun(levels("SFDP"))).toEqual([]);
  expect(begun(levels("SFFP"))).toEqual(["marts/end 1"]);
  expect(stored(levels("SFFS"))).toMatchObject({ state: "Failed" });
});

test("a unit is tried again by the node's own budget", () => {
  const killed = anAttempt("marts/films", 1, [anEndedPod(137)], {
    verdict: { succeeded: false, reason: "BackoffLimitExceeded", message: "", at: T0 },
  });
  const spec = aPackedPipeline({}, { retries: { limit: 1, backoff: { initial: "1s", factor: 1, max: "1s" } } });
  expect(stored(facts(planned(), { "marts/films": [killed] }, { spec }))?.packed).toMatchObject({
    states: "SDDPP",
    units: { films: { state: "Retrying", attempt: 1 } },
  });
});

test("rows, tests and health of all units are the node's, each counted once", () => {
  const tests = { passed: 2, warned: 0, failed: 0, errored: 0 };
  const health = { models: { good: 1, of: 1 } };
  const attempts = { "marts/films": [succeeded("marts/films", { rows: 3, tests, health })] };
  const first = stored(facts(planned("SPSPP", { rows: 4, health: { models: "0/1" } }), attempts));
  const sums = { rows: 7, tests, health: { models: "1/2" } };
  expect(first).toMatchObject({ ...sums, units: "2/4" });
  expect(stored(facts(first as NodeStatus, attempts))).toMatchObject(sums);
});

test("the node succeeds with its last unit, and what needs it begins", () => {
  const given = facts(planned("SSSSP"), { "marts/best": [succeeded("marts/best")] });
  expect(stored(given)).toMatchObject({ state: "Succeeded", units: "4/4", packed: { states: "SSSSS" } });
  expect(begun(given)).toEqual(["page 1"]);
});

test("units that have not begun when the node's timeout is over do not, and the node has timed out", () => {
  const spec = aPackedPipeline({}, { timeout: "1m" });
  const given = facts(planned("SSSPP"), {}, { spec, now: T0 + 60_000 });
  expect(begun(given)).toEqual([]);
  expect(stored(given)).toMatchObject({ state: "Failed", reason: "TimedOut", packed: { states: "SSSKK" } });
});

test("a cancelled run cancels units that have not ended, and stops their Jobs", () => {
  const given = facts(planned(), { "marts/films": [running("marts/films")] });
  const cancelled = { ...given, run: { ...given.run, spec: { pipeline: "films", cancelled: true } } };
  expect(stored(cancelled)).toMatchObject({ state: "Cancelled", packed: { states: "SCCCC" } });
});

test("a node that needs a packed one waits for all of it", () => {
  expect(decide(facts(planned("SSSSP"))).verdict?.nodes.page).toEqual({ state: "Pending" });
});

test("what is stored of units is the same after it was read, and small for five hundred models", () => {
  const units = Array.from({ length: 500 }, (_, index) => ({
    name: `int-customer-orders-by-region-${index}`,
    needs: index < 3 ? [] : [index - 1, index - 3],
  }));
  const plan = packedPlan(units, true);
  const nodes: Record<string, NodeStatus> = { marts: { state: "Running", packed: { plan } } };
  const message = "x".repeat(1024);
  for (const [index, { name }] of units.entries()) {
    nodes[`marts/${name}`] =
      index % 2 === 0 ? { state: "Failed", reason: "DataError", message, attempt: 3 } : { state: "Skipped" };
  }
  const packed = packNodes(nodes);
  expect(JSON.stringify(packed).length).toBeLessThan(40_000);
  const status = { nodes: packed } as PipelineRunStatus;
  expect(packStatus(expandStatus(status))).toEqual(status);
  expect(Object.keys(packed)).toEqual(["marts"]);
});

test("the Job of a unit has a name of its own, that a pod can have", () => {
  const names = ["marts/plan", "marts/stg-posts", "marts/end", `marts/${"m".repeat(63)}`, "mar/ts-plan"].map((key) =>
    jobName("posts.nightly-2026-11-21", key, 12),
  );
  expect(new Set(names).size).toBe(names.length);
  expect(names.every((name) => /^[a-z0-9][-a-z0-9]{0,55}[a-z0-9]$/.test(name))).toBe(true);
});
