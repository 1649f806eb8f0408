import type { NodeStatus } from "../../api/pipeline-run.ts";
import type { ReportOrder } from "../../api/report.ts";
import { type ResultExpectation, speaksOf } from "../attempt/task-end.ts";
import type { Facts, JobFacts, PodFacts } from "../facts.ts";
import { TERMINAL } from "../node.ts";
import { hasBegun } from "./held.ts";

/*
 * What tasks are told, by what is stored alone: whoever leads next tells them the same. A pod of which nothing is said here waits if it
 * is held.
 *
 * | the stored status of the node                       | the task is told |
 * |-----------------------------------------------------|------------------|
 * | the attempt with this Job has begun                 | go               |
 * | the node has succeeded                              | done             |
 * | the node has ended in another way                   | cancel           |
 *
 * A task that has pushed its result ends by itself and is told nothing: it may still have its report to keep for the next attempt.
 * A node is stored as started only when all that it needs is stored as succeeded, and neither is ever taken back: `go` of a leader that
 * leads no more comes late, and never too early.
 */

export interface PodOrder {
  readonly podUid: string;
  readonly order: ReportOrder;
}

/** The orders of all pods of a run that are not to do what they would do by themselves. */
export function ordersOf({ run, attempts }: Pick<Facts, "run" | "attempts">): readonly PodOrder[] {
  return [...attempts].flatMap(([name, list]) => {
    const stored = run.status.nodes?.[name];
    return list.flatMap(({ attempt, job, pods }) => {
      const order = stored === undefined || job === undefined ? undefined : orderOf(stored, job);
      const working = pods.filter((pod) => !hasReported(pod, { run: run.meta.uid, node: name, attempt }));
      return order === undefined ? [] : working.map(({ uid }) => ({ podUid: uid, order }));
    });
  });
}

/** Whether the pod's task has pushed the result of its own attempt: one of another attempt says nothing. */
function hasReported(
  { pushed, part }: PodFacts,
  attempt: Pick<ResultExpectation, "run" | "node" | "attempt">,
): boolean {
  const ofPart = part === undefined ? {} : { part };
  return pushed !== undefined && speaksOf(pushed.result, { ...attempt, ...ofPart, required: true });
}

function orderOf(stored: NodeStatus, job: JobFacts): ReportOrder | undefined {
  if (stored.state === "Succeeded") return "done";
  if (TERMINAL.includes(stored.state)) return "cancel";
  return hasBegun(stored, job) ? "go" : undefined;
}
