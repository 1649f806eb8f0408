import { flag, oneOf, text } from "../fields.ts";

/**
 * When a node begins, by what became of the nodes that it needs. The names are Airflow's trigger_rule, in kelt's words: all_success,
 * all_done, one_failed, none_failed, one_success, always.
 */
export const TRIGGER_RULES = ["allSucceeded", "allDone", "anyFailed", "noneFailed", "anySucceeded", "always"] as const;
export type TriggerRule = (typeof TRIGGER_RULES)[number];

export const triggerRule = oneOf(
  "When the node begins, as Airflow's trigger_rule, by the nodes that it needs: allSucceeded (the default); allDone, once all have ended; anyFailed, as soon as one has failed or was skipped because of a failure; noneFailed, once all have ended and each has succeeded or was skipped without a failure; anySucceeded, as soon as one has succeeded; always, at once. Where that cannot come true any more, the node is skipped.",
  TRIGGER_RULES,
);

/** What a node's failure means for the run. */
export const ON_FAILURE = ["fail", "continue"] as const;

export const onFailure = oneOf(
  "What follows when the node fails: fail (the default) fails the run in the end; continue, as Tekton's onError and Argo's continueOn, lets nodes that need it begin as if it had succeeded, and the run succeed.",
  ON_FAILURE,
);

export const WHEN_MAX = 1024;

export const when = text(
  "A condition in CEL, looked at when the node could begin, as Argo's and Tekton's when: where it is false, the node is skipped. It knows params.NAME, run (name, pipeline, scheduled, interval.start, interval.end, failedNodes, stopped) and, of each node before, nodes.NAME (state, reason, rows, bytes, attempts, commit, tests.failed): nodes.raw.rows > 0.",
  { max: WHEN_MAX },
);

export const finallyFlag = flag(
  "Whether the node runs after all nodes that are not finally, whatever became of them, also after the run was cancelled or timed out, as Tekton's finally. A run that is deleted has none.",
);

export const FINALLY_TIMEOUT = "10m";
