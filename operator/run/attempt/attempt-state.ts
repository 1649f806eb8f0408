import type { Reason } from "../../api/reasons.ts";
import type { TaskResult } from "../../api/task.ts";
import type { PodFacts } from "../facts.ts";

/**
 * Where one attempt stands, from its Job and Pods alone.
 *
 * | state     | what is true                                                                          |
 * |-----------|---------------------------------------------------------------------------------------|
 * | gone      | no Job is seen                                                                        |
 * | starting  | the Job exists, no task container has run yet, or the one that ran was evicted        |
 * | running   | a task container runs, or has ended in a way that the Job has yet to judge            |
 * | succeeded | the task reported success (`reported-result.ts`), or a container exited with 0 (`stopped.ts`: what that is worth) |
 * | failed    | the task reported that it failed, or the Job has failed                               |
 * | failed, for good | the Job has ended, and its only pods do not run what it says (ForeignPod): so would those of the next attempt |
 *
 * What the task pushes counts at once, what it leaves when its container has ended, two seconds before the Job's conditions.
 * Every other end (a kill, a deadline, an eviction) waits for the Job's verdict, which knows which of them it was; unless another
 * container of the pod lives on: then there is no verdict, and the task container's end is one; at once beside an injected container that
 * nobody ends, after a while beside a restartable init container, which the kubelet ends. Where the Job has parts, `fan-out.ts` has the
 * table.
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
      /** The task has pushed it and the container's end has not confirmed it: it counts for others once it is stored. */
      readonly byPush?: true;
      /** The Job says so, of parts whose results are not there, or of a pod that has not said its last word. */
      readonly restsOnAbsence?: true;
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
  /** An eviction ended the attempt: it does not count against retries.limit. */
  readonly uncounted?: true;
  /** Parts of a fan-out that have succeeded, of all: `5/8`. */
  readonly parts?: string;
  /** The failure follows from something not being there, which a cache that lags behind would show just the same. */
  readonly restsOnAbsence?: true;
}
