import { describe, expect, test } from "vitest";
import type { PipelineStatus } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { decidePipeline, judgePipeline, type PipelineDecisionFacts } from "../../../operator/run/decide-pipeline.ts";
import { aMeta, T0 } from "../../support/manifests/make.ts";

const DAY = 86_400_000;
const text = (ms: number) => new Date(T0 + ms).toISOString();
const SPEC = { nodes: { a: { container: {} }, b: { needs: ["a"], container: {} } } };

function facts(
  spec: unknown,
  { connections = new Map(), ...more }: Partial<PipelineDecisionFacts> & { connections?: Connections } = {},
  status: PipelineStatus = {},
): PipelineDecisionFacts {
  const meta = aMeta({ name: "films", uid: "uid-films", generation: 3 });
  const { history } = (spec ?? {}) as { history?: unknown };
  return {
    now: T0,
    runs: [],
    pipeline: { meta, history, judgement: judgePipeline(spec, connections), status },
    ...more,
  };
}
type Connections = Parameters<typeof judgePipeline>[1];

type Run = PipelineDecisionFacts["runs"][number];
function run(name: string, status: PipelineRunStatus = {}, deleted = false): Run {
  const deletionTimestamp = deleted ? { deletionTimestamp: text(0) } : {};
  return { meta: aMeta({ name, uid: `uid-${name}`, ...deletionTimestamp }), status };
}
const finished = (name: string, at: number, status: "True" | "False" = "True", deleted = false) =>
  run(
    name,
    {
      started: text(at - 1_000),
      finished: text(at),
      conditions: [
        {
          type: "Succeeded",
          status,
          reason: status === "True" ? "Succeeded" : "Failed",
          message: "",
          lastTransitionTime: text(at),
        },
      ],
    },
    deleted,
  );

const conditionsOf = (of: PipelineDecisionFacts) => decidePipeline(of).status?.conditions ?? [];

describe("whether a Pipeline can run", () => {
  test("a sound one is Ready, with its generation and the number of its nodes", () => {
    expect(decidePipeline(facts(SPEC)).status).toEqual({
      observedGeneration: 3,
      nodes: 2,
      activeRuns: 0,
      conditions: [
        {
          type: "Ready",
          status: "True",
          reason: "Valid",
          message: "the spec is sound; runs can begin",
          observedGeneration: 3,
          lastTransitionTime: text(0),
        },
      ],
    });
  });

  test.each([
    [
      "a cycle",
      { nodes: { a: { needs: ["b"], container: {} }, b: { needs: ["a"], container: {} } } },
      "InvalidGraph",
      "a → b → a",
    ],
    [
      "a field that does not exist",
      { nodes: { a: { container: {}, need: [] } } },
      "InvalidSpec",
      "did you mean needs?",
    ],
    ["no spec at all", undefined, "InvalidSpec", "spec: expected a map, found nothing"],
    [
      "a Connection that does not exist",
      { ...SPEC, connections: { w: { ref: "shared" } } },
      "UnknownReference",
      "no Connection called shared",
    ],
  ])("%s makes it Stalled until a person acts, with every problem in the message", (_, spec, reason, words) => {
    const message = expect.stringContaining(words);
    expect(conditionsOf(facts(spec))).toEqual([
      expect.objectContaining({ type: "Ready", status: "False", reason, message }),
      expect.objectContaining({ type: "Stalled", status: "True", reason, message }),
    ]);
  });

  test("a Connection that appears mends it", () => {
    const spec = { ...SPEC, connections: { w: { ref: "shared" } } };
    const connections = new Map([["shared", { postgres: {} }]]);
    expect(conditionsOf(facts(spec, { connections }))).toMatchObject([{ type: "Ready", status: "True" }]);
  });

  test("a Connection of a kind that its node cannot use makes it Stalled too", () => {
    const checks = [{ sql: "select 1" }];
    const spec = { connections: { w: { ref: "shared" } }, nodes: { a: { test: { connection: "w", checks } } } };
    const connections = new Map([["shared", { http: { baseUrl: "https://api.example" } }]]);
    const message = expect.stringMatching(/spec\.nodes\[a\]\.test\.connection.*found w, which is of kind http/);
    expect(conditionsOf(facts(spec, { connections }))).toMatchObject([
      { type: "Ready", status: "False", reason: "InvalidSpec", message },
      { type: "Stalled", status: "True", reason: "InvalidSpec", message },
    ]);
  });

  test("a condition keeps its time while its status stays", () => {
    const before = decidePipeline(facts(SPEC)).status ?? {};
    expect(conditionsOf(facts(SPEC, { now: T0 + 5_000 }, before))[0]?.lastTransitionTime).toBe(text(0));
    expect(conditionsOf(facts({}, { now: T0 + 5_000 }, before))[0]?.lastTransitionTime).toBe(text(5_000));
  });

  test("deciding again about what was decided changes nothing", () => {
    const runs = [finished("r1", -1_000), run("r2", { started: text(-500) })];
    const first = decidePipeline(facts(SPEC, { runs })).status ?? {};
    expect(decidePipeline(facts(SPEC, { runs, now: T0 + 5_000 }, first)).status).toEqual(first);
  });
});

describe("what a Pipeline says of its runs", () => {
  test("how many are active, which began last and how it stands", () => {
    const runs = [finished("r1", -9_000), run("r2", { started: text(-500) }), run("r3")];
    expect(decidePipeline(facts(SPEC, { runs })).status).toMatchObject({
      activeRuns: 2,
      lastRun: { name: "r2", result: "Running" },
      lastSuccessTime: text(-9_000),
    });
  });

  test("a run that was deleted before its end is not the last run, whatever holds it", () => {
    const deleted = run("r2", { started: text(-500) }, true);
    const runs = [finished("r1", -9_000), deleted];
    expect(decidePipeline(facts(SPEC, { runs })).status).toMatchObject({ lastRun: { name: "r1" } });
    const before: PipelineStatus = { lastRun: { name: "r2", result: "Running" } };
    expect(decidePipeline(facts(SPEC, { runs: [deleted] }, before)).status).not.toHaveProperty("lastRun");
    const kept = finished("r3", -100, "True", true);
    expect(decidePipeline(facts(SPEC, { runs: [kept] })).status).toMatchObject({ lastRun: { name: "r3" } });
  });

  test("the last success outlives the run that it was", () => {
    const before: PipelineStatus = { lastSuccessTime: text(-5_000), lastRun: { name: "old", result: "Succeeded" } };
    expect(decidePipeline(facts(SPEC, {}, before)).status).toMatchObject(before);
    const runs = [finished("r1", -1_000, "False")];
    expect(decidePipeline(facts(SPEC, { runs }, before)).status).toMatchObject({
      lastSuccessTime: text(-5_000),
      lastRun: { name: "r1", result: "Failed" },
    });
  });
});

describe("a Pipeline that was deleted and made anew", () => {
  const of = (uid: string | undefined, one: Run): Run =>
    uid === undefined ? one : { ...one, status: { ...one.status, pipelineUid: uid } };
  const before = [
    of("uid-before", finished("old", -9_000)),
    of("uid-before", run("old-active", { started: text(-8_000) })),
  ];

  test("counts no run of the one before", () => {
    expect(decidePipeline(facts(SPEC, { runs: before })).status).toEqual(decidePipeline(facts(SPEC)).status);
  });

  test("gives up no run of the one before, however old, and keeps its own", () => {
    const runs = [...before, of("uid-films", finished("new", -1_000))];
    const limits = { ...SPEC, history: { succeeded: 1, ttl: "1s" } };
    expect(decidePipeline(facts(limits, { runs })).expired.map(({ name }) => name)).toEqual(["new"]);
  });

  test("counts the runs that wait for it, whoever had its name when they were made", () => {
    const waiting = run("waiting", {});
    expect(decidePipeline(facts(SPEC, { runs: [...before, waiting] })).status).toMatchObject({ activeRuns: 1 });
  });

  test("gives up runs that have ended without a Pipeline: nobody else would", () => {
    const { started: _, ...status } = finished("lost", -90 * DAY, "False").status;
    const runs = [{ ...finished("lost", 0), status }];
    expect(decidePipeline(facts(SPEC, { runs })).expired.map(({ name }) => name)).toEqual(["lost"]);
    expect(decidePipeline(facts(SPEC, { runs })).status).not.toHaveProperty("lastRun");
  });

  test("counts runs that an earlier version began without the uid, unless they are older than the Pipeline", () => {
    const at = (name: string, ms: number) => {
      const one = run(name, { started: text(ms) });
      return { ...one, meta: { ...one.meta, creationTimestamp: text(ms) } };
    };
    const runs = [at("of-before", -1_000), at("own", 1_000)];
    expect(decidePipeline(facts(SPEC, { runs })).status).toMatchObject({ activeRuns: 1, lastRun: { name: "own" } });
  });
});

describe("the last run", () => {
  test("is also one that was refused because the Pipeline was not valid", () => {
    const refused = finished("refused", -1_000, "False");
    const { started: _, ...status } = refused.status;
    const [condition] = status.conditions ?? [];
    const conditions = [{ ...condition, reason: "InvalidPipeline" }] as NonNullable<PipelineRunStatus["conditions"]>;
    const runs = [
      { ...refused, status: { ...status, conditions, pipelineUid: "uid-films" } },
      finished("earlier", -5_000),
    ];
    const lastRun = { name: "refused", result: "InvalidPipeline", finished: text(-1_000) };
    expect(decidePipeline(facts(SPEC, { runs })).status).toMatchObject({ lastRun });
  });
});

describe("the history of a Pipeline", () => {
  const many = [-5, -4, -3, -2, -1].map((days) => finished(`r${-days}`, days * DAY));
  const expired = (of: PipelineDecisionFacts) => decidePipeline(of).expired.map(({ name }) => name);

  test("gives up what its limits do not hold, oldest first", () => {
    expect(expired(facts({ ...SPEC, history: { succeeded: 3 } }, { runs: many }))).toEqual(["r4", "r5"]);
  });

  test("holds successes and failures apart", () => {
    const runs = [...many, finished("bad", -6 * DAY, "False")];
    expect(expired(facts({ ...SPEC, history: { succeeded: 5, failed: 1 } }, { runs }))).toEqual([]);
  });

  test("never gives up a run that has not finished, or one that is being deleted", () => {
    const runs = [run("active", { started: text(-90 * DAY) }), finished("going", -90 * DAY, "True", true)];
    expect(expired(facts({ ...SPEC, history: { succeeded: 0, ttl: "1d" } }, { runs }))).toEqual([]);
  });

  test("a run whose end is no time is kept, or counts from its creation", () => {
    const strange = finished("strange", 0);
    const status = { ...strange.status, finished: "once" };
    const { creationTimestamp: _, ...meta } = strange.meta;
    expect(expired(facts(SPEC, { runs: [{ meta, status }], now: T0 + 90 * DAY }))).toEqual([]);
    expect(expired(facts(SPEC, { runs: [{ ...strange, status }], now: T0 + 90 * DAY }))).toEqual(["strange"]);
  });

  test("loses nothing while the Pipeline is gone or its limits cannot be read", () => {
    const runs = Array.from({ length: 12 }, (_, index) => finished(`r${index}`, -index * 1_000));
    const { pipeline: _, ...gone } = facts(SPEC, { runs });
    expect(expired(gone)).toEqual([]);
    expect(decidePipeline(gone)).not.toHaveProperty("status");
    expect(expired(facts({ history: "all" }, { runs }))).toEqual([]);
  });

  test("keeps to the limits that are written, whatever else is wrong with the spec", () => {
    const runs = Array.from({ length: 12 }, (_, index) => finished(`r${index}`, -index * 1_000));
    const cyclic = { a: { needs: ["b"], container: {} }, b: { needs: ["a"], container: {} } };
    expect(expired(facts({ nodes: cyclic, history: { succeeded: 500 } }, { runs }))).toEqual([]);
    expect(expired(facts({ nodes: cyclic, history: { succeeded: 11 } }, { runs }))).toEqual(["r11"]);
  });

  test("wakes the operator when the next run grows too old", () => {
    const { wakeAt } = decidePipeline(facts({ ...SPEC, history: { ttl: "10d" } }, { runs: many }));
    expect(wakeAt).toBe(T0 + 5 * DAY);
  });
});
