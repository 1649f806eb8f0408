import type { NodeStatus } from "../api/pipeline-run.ts";
import type { AttemptFacts } from "./facts.ts";
import type { NodeContext } from "./node.ts";
import { startedAt } from "./overdue.ts";
import { timeText } from "./time.ts";

/** What the status says of an attempt, however it stands. */
export function attemptTimes(
  context: NodeContext,
  attempt: AttemptFacts,
): Pick<NodeStatus, "attempt" | "evictions" | "failures" | "job" | "jobUid" | "started" | "attemptStarted"> {
  const { stored } = context;
  const known = stored.attempt === attempt.attempt ? stored : undefined;
  const attemptStarted =
    known?.attemptStarted ?? (attempt.job === undefined ? undefined : timeText(attempt.job.created));
  const job = attempt.job?.name ?? known?.job;
  const jobUid = attempt.job?.uid ?? known?.jobUid;
  return {
    attempt: attempt.attempt,
    ...countsOf(stored),
    ...(job === undefined ? {} : { job }),
    started: timeText(startedAt(context, attempt)),
    ...(attemptStarted === undefined ? {} : { attemptStarted }),
    ...(jobUid === undefined ? {} : { jobUid }),
  };
}

/** What goes on from one attempt to the next. */
export function countsOf({
  evictions,
  failures = {},
}: Pick<NodeStatus, "evictions" | "failures">): Pick<NodeStatus, "evictions" | "failures"> {
  return {
    ...(evictions === undefined ? {} : { evictions }),
    ...(Object.keys(failures).length === 0 ? {} : { failures }),
  };
}
