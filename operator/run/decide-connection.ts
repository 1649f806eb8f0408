import type { ConnectionSpec, ConnectionStatus } from "../api/connection.ts";
import { ANNOTATION, type ObjectMeta } from "../api/metadata.ts";
import type { Reason } from "../api/reasons.ts";
import type { Condition } from "../api/status.ts";
import { TEST_DEADLINE_SECONDS, TESTED } from "../api/task.ts";
import { attemptState } from "./attempt/attempt.ts";
import type { Failure } from "./attempt/attempt-state.ts";
import { startOf } from "./attempt/start.ts";
import type { AttemptFacts, JobRefusal } from "./facts.ts";
import { timeText } from "./time.ts";

/*
 * The test of a Connection: one short Job for each generation of its spec and each change of the annotation
 * kelt.dev/test-requested. Tests are counted in the status before their Job is made, and the Job's name holds the count: a value
 * of the annotation that comes back asks for a test of its own.
 *
 * | what is true                                    | Ready                       | what is done    |
 * |-------------------------------------------------|-----------------------------|-----------------|
 * | the spec is not valid                           | False InvalidSpec           | nothing         |
 * | this generation and value have been tested      | as that test found          | nothing         |
 * | their test has no number yet                    | Unknown Testing             | it is counted   |
 * | no Job of this test                             | Unknown Testing             | the Job is made |
 * | the API server refuses the Job                  | False JobRefused            | nothing         |
 * | it refuses for now (a quota is full)            | Unknown JobRefused          | make it later   |
 * | another's Job has the name                      | Unknown NameConflict        | make it later   |
 * | the Job is at work                              | Unknown Testing             | wait            |
 * | the task reached the system                     | True Reachable              | nothing         |
 * | the task failed, was killed or found no end     | False, the failure's reason | nothing         |
 */

/** A quota may free up at any time. */
const REFUSAL_RETRY_MS = 30_000;

/** Everything that a decision about one Connection may look at. */
export interface ConnectionFacts {
  readonly now: number;
  readonly meta: ObjectMeta;
  /** The spec, or what is wrong with it. */
  readonly spec: ConnectionSpec | string;
  readonly status: ConnectionStatus;
  /** The Job of this very test, and its pods. */
  readonly test: AttemptFacts;
  readonly refusal?: JobRefusal | undefined;
}

export interface ConnectionDecision {
  readonly status: ConnectionStatus;
  readonly createJob: boolean;
  readonly wakeAt?: number;
  /** The decision follows from something not being there: it holds only if the API server itself says so too. */
  readonly restsOnAbsence?: true;
}

/** The value of the annotation that asks for a test, as far as a status holds it. */
function requestedTest({ annotations }: Pick<ObjectMeta, "annotations">): string {
  return (annotations?.[ANNOTATION.testRequested] ?? "").slice(0, 256);
}

/** What the status of a Connection is, and whether its test is to begin. */
export function decideConnection(facts: ConnectionFacts): ConnectionDecision {
  const { meta, spec, status, now, refusal } = facts;
  if (typeof spec === "string") return settled(facts, "False", "InvalidSpec", spec);
  if (isTested(meta, status)) return { status, createJob: false };
  if (!isCounted(meta, status)) {
    const { jobUid: _, ...next } = testing(facts, "a Job is made");
    return { status: { ...next, tests: (status.tests ?? 0) + 1 }, createJob: false };
  }
  if (refusal?.final === true) return settled(facts, "False", refusal.reason, refusal.message);
  if (refusal !== undefined) {
    return { ...settled(facts, "Unknown", refusal.reason, refusal.message), wakeAt: now + REFUSAL_RETRY_MS };
  }
  return judgeTest(facts);
}

/** What the Job of a test that has its number says. */
function judgeTest(facts: ConnectionFacts): ConnectionDecision {
  const expected = { run: facts.meta.uid.slice(0, 64), node: TESTED, attempt: 1, required: true };
  const state = attemptState(facts.test, expected, facts.now);
  switch (state.state) {
    case "gone":
      return { status: testing(facts, "a Job is made"), createJob: true };
    case "starting": {
      const stored = { state: "Starting" } as const;
      const startTimeout = `${TEST_DEADLINE_SECONDS}s`;
      const { notice, showAt } = startOf(state, {
        ...{ attempt: facts.test, stored, startTimeout, capacityTimeout: startTimeout },
        now: facts.now,
      });
      const wake = showAt === undefined ? {} : { wakeAt: showAt };
      return { status: testing(facts, waitText(notice)), createJob: false, ...wake };
    }
    case "running": {
      const wake = state.settlesAt === undefined ? {} : { wakeAt: state.settlesAt };
      return { status: testing(facts, "the Job is at work"), createJob: false, ...wake };
    }
    case "succeeded": {
      const { server, message = "" } = state.result ?? {};
      const found =
        server === undefined ? {} : { serverVersion: server.version, latencyMilliseconds: server.latencyMs };
      const decision = settled(facts, "True", "Reachable", message);
      return { ...decision, status: { ...decision.status, ...found, tested: timeText(state.at) } };
    }
    case "failed": {
      const { status: found } = settled(facts, "False", state.reason, failureText(state, facts));
      const restsOnAbsence = state.restsOnAbsence === true ? { restsOnAbsence: true as const } : {};
      return { status: { ...found, tested: timeText(state.at) }, createJob: false, ...restsOnAbsence };
    }
    default:
      return state satisfies never;
  }
}

function isTested(meta: ObjectMeta, status: ConnectionStatus): boolean {
  const ready = readyOf(status);
  return isSame(meta, status) && ready !== undefined && ready.status !== "Unknown";
}

/** Reasons of Ready while a test has its number and no end. */
const COUNTED: readonly string[] = ["Testing", "JobRefused", "NameConflict"];

/** Whether `status.tests` is the number of the test of this generation and value. */
function isCounted(meta: ObjectMeta, status: ConnectionStatus): boolean {
  return status.tests !== undefined && isSame(meta, status) && COUNTED.includes(readyOf(status)?.reason ?? "");
}

function isSame(meta: ObjectMeta, { observedGeneration, testRequested }: ConnectionStatus): boolean {
  return observedGeneration === (meta.generation ?? 0) && (testRequested ?? "") === requestedTest(meta);
}

function readyOf({ conditions }: ConnectionStatus): Condition | undefined {
  return conditions?.find(({ type }) => type === "Ready");
}

function waitText(waiting: { readonly reason: string; readonly message: string } | undefined): string {
  return waiting === undefined ? "the Job's pod starts" : `the Job's pod waits: ${waiting.reason}: ${waiting.message}`;
}

function failureText({ reason, message }: Failure, { status }: ConnectionFacts): string {
  if (reason !== "AttemptTimedOut") return message;
  const last = readyOf(status)?.message ?? "";
  const seen = last === "" ? "" : `; the last that was seen: ${last}`;
  return `the test did not end within ${TEST_DEADLINE_SECONDS} seconds${seen}. Look at the events of its Job and pod (an image that cannot be pulled, no node with room, a service account that does not exist), then ask again by another value of the annotation ${ANNOTATION.testRequested}`;
}

function testing(facts: ConnectionFacts, message: string): ConnectionStatus {
  return statusOf(facts, "Unknown", "Testing", message);
}

function settled(
  facts: ConnectionFacts,
  status: Condition["status"],
  reason: Reason | "OOMKilled",
  message: string,
): ConnectionDecision {
  return { status: statusOf(facts, status, reason, message), createJob: false };
}

function statusOf(
  { meta, status: before, now, test }: ConnectionFacts,
  status: Condition["status"],
  reason: string,
  message: string,
): ConnectionStatus {
  const old = readyOf(before);
  const generation = meta.generation ?? 0;
  const lastTransitionTime = old?.status === status ? old.lastTransitionTime : timeText(now);
  const ready = {
    type: "Ready",
    status,
    observedGeneration: generation,
    lastTransitionTime,
    reason,
    message: message.slice(0, 4096),
  };
  const token = requestedTest(meta);
  const { testRequested: _, ...rest } = before;
  return {
    ...rest,
    observedGeneration: generation,
    conditions: [ready],
    ...(test.job === undefined ? {} : { jobUid: test.job.uid }),
    ...(token === "" ? {} : { testRequested: token }),
  };
}
