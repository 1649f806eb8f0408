import fc from "fast-check";
import type { ObjectMeta } from "#api/metadata.ts";
import { NODE_STATES, type PipelineRunStatus } from "#api/pipeline-run.ts";
import { readCopy } from "../../operator/run/copy.ts";
import type { AttemptFacts, CopyFacts, Facts, JobFacts, PodFacts } from "../../operator/run/facts.ts";
import { aMeta, aResult, T0 } from "../support/manifests/make.ts";
import { pipeline } from "./run-world.ts";

/** Leaves out what is undefined, as objects from JSON do. */
function some<T extends object>(model: { [K in keyof T]: fc.Arbitrary<T[K]> }): fc.Arbitrary<Partial<T>> {
  return fc.record(model, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
}

const name = fc.constantFrom("a", "b", "c", "d", "constructor", "no-node-of-the-spec");
const time = fc.integer({ min: -400_000_000, max: 400_000_000 }).map((ms) => T0 + ms);
/** What may stand in a status where a time should: the type says text, and nothing says who wrote it. */
const timeText = fc.oneof(
  { weight: 3, arbitrary: time.map((ms) => new Date(ms).toISOString()) },
  fc.constantFrom("", "yesterday", "2026-13-45T99:99:99Z", "+275760-09-13T00:00:00.001Z"),
);
const words = fc.oneof(fc.string({ maxLength: 64 }), fc.constantFrom("", "𝄞".repeat(2_000)));
const short = fc.string({ minLength: 1, maxLength: 64 });
const count = fc.oneof(fc.nat(10), fc.constant(Number.MAX_SAFE_INTEGER));
const duration = fc.constantFrom("0s", "1s", "10m", "99999999999999999999999999999d", "five minutes", "");
const tests = fc.record({ passed: count, warned: count, failed: count, errored: count });

const storedNode = some({
  attempt: fc.integer({ min: 1, max: 40 }),
  started: timeText,
  attemptStarted: timeText,
  finished: timeText,
  retryAt: timeText,
  podless: timeText,
  waitingSince: timeText,
  rows: count,
  bytes: count,
  tests,
  reason: short,
  message: short,
}).chain((node) => fc.constantFrom(...NODE_STATES).map((state) => ({ ...node, state })));

const condition = fc.record({
  type: fc.constantFrom("Succeeded", "Other"),
  status: fc.constantFrom("True", "False", "Unknown"),
  reason: fc.oneof(fc.constantFrom("Running", "Cancelling", "TimingOut"), short),
  message: fc.string({ maxLength: 99 }),
  lastTransitionTime: timeText,
});

const storedStatus = some({
  conditions: fc.array(condition, { maxLength: 3 }),
  started: timeText,
  finished: timeText,
  nodes: fc.dictionary(name, storedNode, { noNullPrototype: true }),
}) as fc.Arbitrary<PipelineRunStatus>;

const job: fc.Arbitrary<JobFacts> = fc
  .record({ name: short, uid: short, created: time, suspended: fc.boolean(), deleting: fc.boolean() })
  .chain((facts) =>
    some({
      resumed: time,
      startsHeld: fc.constant(true as const),
      verdict: fc.record({ succeeded: fc.boolean(), reason: words, message: words, at: time }),
    }).map((more) => ({
      ...facts,
      ...more,
    })),
  );

/** Termination messages: any text, and results with every number that their schema lets through. */
const termination = fc.oneof(
  words,
  fc
    .record({ node: name, attempt: fc.integer({ min: 1, max: 3 }), outcome: fc.constantFrom("succeeded", "failed") })
    .chain(({ node, attempt, outcome }) =>
      some({ rows: count, bytes: count, tests, message: fc.string({ maxLength: 50 }) }).map((more) =>
        aResult(node, attempt, { outcome: outcome as "succeeded", ...more } as Parameters<typeof aResult>[2]),
      ),
    ),
);

const pod = fc
  .record({ name: short, uid: short, created: time, failed: fc.boolean(), disrupted: fc.boolean() })
  .chain((facts) =>
    some({
      waiting: fc.record({ reason: words, message: words }),
      failure: fc.record({ reason: words, message: words }),
      runningSince: time,
      goneBy: time,
      lingering: fc.constant(["sidecar"]),
      unsettled: fc.constant(true as const),
      itemsLeft: fc.nat(3),
      terminated: fc.record({
        exitCode: fc.constantFrom(0, 1, 64, 65, 75, 137, 143, -1, 2 ** 31),
        reason: words,
        message: termination,
        at: time,
      }),
    }).map((more) => ({ ...facts, ...more })),
  ) as fc.Arbitrary<PodFacts>;

const attempt = fc
  .record({ attempt: fc.integer({ min: 1, max: 40 }), pods: fc.array(pod, { maxLength: 3 }) })
  .chain((facts) => some({ job }).map((more) => ({ ...facts, ...more }))) as fc.Arbitrary<AttemptFacts>;

/** The copy that a run follows: any that a run can have, and what is none. */
const copy: fc.Arbitrary<CopyFacts> = fc.oneof(
  { weight: 5, arbitrary: pipeline.map(readCopy) },
  fc.oneof(fc.jsonValue(), fc.record({ timeout: fc.jsonValue() })).map(readCopy),
  words.map((message) => ({ state: "hidden", message }) as const),
);

const refusal = fc.record({
  attempt: fc.integer({ min: 1, max: 3 }),
  reason: fc.constantFrom("NameConflict", "JobRefused", "QuotaExceeded"),
  message: words,
  final: fc.boolean(),
  since: time,
  at: time,
  retryAt: time,
});

const meta = some<Pick<ObjectMeta, "creationTimestamp" | "deletionTimestamp" | "generation">>({
  creationTimestamp: timeText,
  deletionTimestamp: timeText,
  generation: fc.nat(),
});
const mapOf = <T>(values: fc.Arbitrary<T>) =>
  fc.dictionary(name, values, { noNullPrototype: true }).map((entries) => new Map(Object.entries(entries)));

/** Facts of every sort, sensible or not: all that the types allow, statuses that somebody else wrote among them. */
export const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    now: time,
    meta: meta.filter(({ deletionTimestamp }) => deletionTimestamp === undefined || deletionTimestamp.length % 2 === 0),
    spec: some({ timeout: duration, cancelled: fc.boolean() }),
    status: storedStatus,
    copy: fc.option(copy, { nil: undefined }),
    pipeline: fc.option(fc.record({ uid: short, generation: fc.nat(), spec: fc.oneof(pipeline, fc.jsonValue()) }), {
      nil: undefined,
    }),
    attempts: mapOf(fc.array(attempt, { maxLength: 3 })),
    refusals: mapOf(refusal),
    room: fc.option(fc.nat(3), { nil: undefined }),
    ahead: fc.option(
      fc.record({ room: fc.nat(3), spent: fc.array(name, { maxLength: 2 }).map((names) => new Set(names)) }),
      { nil: undefined },
    ),
  })
  .map(({ meta: more, spec, status, copy: kept, pipeline: found, attempts, refusals, room, ahead, now }) => ({
    now,
    run: { meta: { ...aMeta(), ...more }, spec: { pipeline: "films", ...spec }, status },
    connections: new Map(),
    attempts,
    refusals: refusals as Facts["refusals"],
    ...(kept === undefined ? {} : { copy: kept }),
    troubles: new Map(),
    ...(room === undefined ? {} : { room }),
    ...(ahead === undefined ? {} : { ahead }),
    ...(found === undefined ? {} : { pipeline: found }),
  })) as fc.Arbitrary<Facts>;
