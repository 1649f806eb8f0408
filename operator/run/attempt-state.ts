import type { Reason } from "../api/reasons.ts";
import type { TaskResult } from "../api/task.ts";
import type { PodFacts } from "./facts.ts";

/**
 * Where one attempt stands, from its Job and Pods alone.
 *
 * | state     | what is true                                                                          |
 * |-----------|---------------------------------------------------------------------------------------|
 * | gone      | no Job is seen                                                                        |
 * | starting  | the Job exists, no task container has run yet, or the one that ran was evicted        |
 * | running   | a task container runs, or has ended in a way that the Job has yet to judge            |
 * | succeeded | a task container exited 0 and left a valid result                                     |
 * | failed    | a task container left a valid failed result with its exit code, or the Job has failed |
 *
 * Success and failures that the task itself reports are read off the container, two seconds before the Job's conditions.
 * Every other end (a kill, a deadline, an eviction) waits for the Job's verdict, which knows which of them it was. Where the Job has
 * parts, `fan-out.ts` has the table.
 */
export type AttemptState =
  | { readonly state: "gone" }
  | {
      readonly state: "starting";
      readonly since: number;
      readonly held: boolean;
      /** The Job has no pod that may still start. */
      readonly podless?: true;
      /** When the pod that ran was evicted, while it can be seen. */
      readonly lostAt?: number;
      readonly waiting?: PodFacts["waiting"];
      readonly parts?: string;
    }
  | {
      readonly state: "running";
      readonly settlesAt?: number;
      readonly parts?: string;
      /** A part that has failed and is tried again, or a pod that should have ended. */
      readonly setback?: Pick<Failure, "reason" | "message">;
    }
  | {
      readonly state: "succeeded";
      readonly at: number;
      readonly result?: TaskResult;
      readonly parts?: string;
      /** The Job says that parts have succeeded whose results are not there, or not there yet. */
      readonly inferred?: true;
    }
  | Failure;

export interface Failure {
  readonly state: "failed";
  readonly at: number;
  /** Whether another attempt may help. */
  readonly retriable: boolean;
  readonly reason: Reason | "OOMKilled";
  readonly message: string;
  readonly result?: TaskResult;
  /** Parts of a fan-out that have succeeded, of all: `5/8`. */
  readonly parts?: string;
  /** The failure follows from something not being there, which a cache that lags behind would show just the same. */
  readonly inferred?: true;
}
