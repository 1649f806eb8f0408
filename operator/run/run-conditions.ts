import type { PipelineRunStatus } from "../api/pipeline-run.ts";
import type { Condition } from "../api/status.ts";
import { timeText } from "./time.ts";
import type { Verdict } from "./verdict.ts";

const MESSAGE_MAX = 4096;
/** In the conditions beside Succeeded, which says the whole. */
const SHORT_MESSAGE_MAX = 512;

/**
 * A run's conditions. `Succeeded` comes first and says everything; the others are for tools that know no more than kstatus, and for
 * `kubectl wait`, which waits for one value of one condition.
 *
 * | the run                       | Succeeded | Finished | Ready   | Reconciling | Stalled | kstatus    |
 * |-------------------------------|-----------|----------|---------|-------------|---------|------------|
 * | waits, or works               | Unknown   | False    | Unknown | True        |         | InProgress |
 * | has succeeded                 | True      | True     | True    |             |         | Current    |
 * | has ended in any other way    | False     | True     | False   |             | True    | Failed     |
 */
export function runConditions(
  { succeeded, reason, message }: Verdict,
  before: PipelineRunStatus["conditions"] = [],
  { generation, now }: { readonly generation: number; readonly now: number },
): Condition[] {
  const make = (type: string, status: Condition["status"], max = SHORT_MESSAGE_MAX): Condition => {
    const old = before.find((condition) => condition.type === type);
    const lastTransitionTime = old?.status === status ? old.lastTransitionTime : timeText(now);
    return { type, status, observedGeneration: generation, lastTransitionTime, reason, message: cut(message, max) };
  };
  const all = [
    make("Succeeded", succeeded, MESSAGE_MAX),
    make("Finished", succeeded === "Unknown" ? "False" : "True"),
    make("Ready", succeeded),
  ];
  if (succeeded === "Unknown") return [...all, make("Reconciling", "True")];
  return succeeded === "True" ? all : [...all, make("Stalled", "True")];
}

function cut(text: string, max: number): string {
  return (text.length <= max ? text : `${text.slice(0, max - 1)}…`).toWellFormed();
}
