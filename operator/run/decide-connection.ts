import type { ConnectionSpec, ConnectionStatus } from "../api/connection.ts";
import { ANNOTATION, type ObjectMeta } from "../api/metadata.ts";
import type { Reason } from "../api/reasons.ts";
import type { Condition } from "../api/status.ts";
import { TEST_DEADLINE_SECONDS, TESTED } from "../api/task.ts";
import { attemptState, type Failure } from "./attempt.ts";
import type { AttemptFacts } from "./facts.ts";
import { timeText } from "./time.ts";

/*
 * The test of a Connection: one short Job for each generation of its spec and each value of the annotation
 * kelt.dev/test-requested.
 *
 * | what is true                                    | Ready                      | what is done   |
 * |-------------------------------------------------|----------------------------|----------------|
 * | the spec is none                                | False InvalidSpec          | nothing        |
 * | the kind has no test                            | Unknown NotTested          | nothing        |
 * | this generation and value have been tested      | as that test found         | nothing        |
 * | no Job of this test                             | Unknown Testing            | the Job is made |
 * | the API server refuses the Job                  | False JobRefused           | nothing        |
 * | it refuses for now (a quota is full)            | Unknown JobRefused         | make it later  |
 * | the Job is at work                              | Unknown Testing            | wait           |
 * | the task reached the system                     | True Reachable             | nothing        |
 * | the task failed, was killed or found no end     | False, the failure's reason | nothing       |
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
  /** Why the API server would not create the Job, and whether trying again is useless. */
  readonly refusal?: { readonly message: string; readonly final: boolean } | undefined;
}

export interface ConnectionDecision {
  readonly status: ConnectionStatus;
  readonly createJob: boolean;
  readonly wakeAt?: number;
}

/** The value of the annotation that asks for a test, as far as a status holds it. */
export function requestedTest({ annotations }: Pick<ObjectMeta, "annotations">): string {
  return (annotations?.[ANNOTATION.testRequested] ?? "").slice(0, 256);
}

/** What the status of a Connection is, and whether its test is to begin. */
export function decideConnection(facts: ConnectionFacts): ConnectionDecision {
  const { meta, spec, status, test, now, refusal } = facts;
  if (typeof spec === "string") return settled(facts, "False", "InvalidSpec", spec);
  if (spec.postgres === undefined && spec.s3 === undefined) {
    return settled(
      facts,
      "Unknown",
      "NotTested",
      "connections of this kind have no test; a run shows whether they work",
    );
  }
  if (isTested(meta, status)) return { status, createJob: false };
  if (refusal?.final === true) return settled(facts, "False", "JobRefused", refusal.message);
  if (refusal !== undefined) {
    return { ...settled(facts, "Unknown", "JobRefused", refusal.message), wakeAt: now + REFUSAL_RETRY_MS };
  }
  const expected = { run: meta.uid.slice(0, 64), node: TESTED, attempt: 1, required: true };
  const state = attemptState(test, expected, now);
  switch (state.state) {
    case "gone":
      return { status: testing(facts, "a Job is made"), createJob: true };
    case "starting":
      return { status: testing(facts, waitText(state.waiting)), createJob: false };
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
      const decision = settled(facts, "False", state.reason, failureText(state));
      return { ...decision, status: { ...decision.status, tested: timeText(state.at) } };
    }
    default:
      return state satisfies never;
  }
}

function isTested(meta: ObjectMeta, { observedGeneration, testRequested, conditions = [] }: ConnectionStatus): boolean {
  const ready = conditions.find(({ type }) => type === "Ready");
  const isSame = observedGeneration === (meta.generation ?? 0) && (testRequested ?? "") === requestedTest(meta);
  return isSame && ready !== undefined && ready.status !== "Unknown";
}

function waitText(waiting: { readonly reason: string; readonly message: string } | undefined): string {
  return waiting === undefined ? "the Job's pod starts" : `the Job's pod waits: ${waiting.reason}: ${waiting.message}`;
}

function failureText({ reason, message }: Failure): string {
  if (reason !== "AttemptTimedOut") return message;
  return `the test did not end within ${TEST_DEADLINE_SECONDS} seconds. Look at the events of its pod (an image that cannot be pulled, no node with room), then ask again by another value of the annotation ${ANNOTATION.testRequested}`;
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
  { meta, status: before, now }: ConnectionFacts,
  status: Condition["status"],
  reason: string,
  message: string,
): ConnectionStatus {
  const old = before.conditions?.find(({ type }) => type === "Ready");
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
    ...(token === "" ? {} : { testRequested: token }),
  };
}
