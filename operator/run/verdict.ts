import type { ParamValue } from "../api/params/param-values.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import type { NodeStatus } from "../api/pipeline-run.ts";
import type { Reason } from "../api/reasons.ts";
import type { Condition } from "../api/status.ts";
import { cutAtWord, listed } from "../graph/listing.ts";
import { partsText } from "./attempt/fan-out.ts";
import { TERMINAL } from "./node.ts";
import type { RunTimes } from "./run-times.ts";
import { parseTime } from "./time.ts";

/**
 * What a run is said to be, before it is written as a status.
 *
 * | Succeeded | reason           | what is true                                      | what leaves it                             |
 * |-----------|------------------|---------------------------------------------------|--------------------------------------------|
 * | Unknown   | PipelineNotFound | the Pipeline does not exist                       | it appears, or a minute has passed         |
 * | Unknown   | Suspended        | the Pipeline is suspended and the run not begun   | resume                                     |
 * | Unknown   | SpecNotStored    | the copy of the spec is refused, nothing has begun | it is stored, or five minutes have passed |
 * | Unknown   | Running          | the run follows its copy of the Pipeline's spec   | all nodes end; cancel; timeout             |
 * | Unknown   | SpecUnreadable   | the copy cannot be read, for now                  | it can; cancel; timeout                    |
 * | Unknown   | Cancelling       | nodes are Cancelled, live Jobs are being stopped  | no Job lives                               |
 * | Unknown   | TimingOut        | the same after the run's timeout                  | no Job lives                               |
 * | True      | Succeeded        | every node Succeeded                              | never                                      |
 * | False     | Failed, Cancelled, TimedOut, InvalidPipeline, InvalidParameters, PipelineNotFound, SpecNotStored, SpecLost | ended | never     |
 *
 * The verdict Cancelling or TimingOut is stored before any Job is deleted, and the end is written when nothing lives any more.
 */
export interface Verdict {
  readonly succeeded: Condition["status"];
  readonly reason: Reason;
  readonly message: string;
  readonly nodes: Readonly<Record<string, NodeStatus>>;
  /** Set by the rule that begins the run: what it will follow from then on. */
  readonly begin?: Begin;
}

/** What a run begins with. */
export interface Begin {
  readonly spec: PipelineSpec;
  /** The Pipeline that it is a copy of. */
  readonly uid: string;
  readonly generation: number;
  readonly times: RunTimes;
  /** Missing where the Pipeline declares none. */
  readonly params?: Readonly<Record<string, ParamValue>>;
}

/** An Event holds 1,024 bytes, and the first lines of `kubectl describe` as much as a person reads. */
const SUMMARY_MAX = 1000;
const CAUSES = 3;
const CAUSE_MAX = 250;

/** The run's condition from its nodes' states alone. */
export function judge(nodes: Readonly<Record<string, NodeStatus>>): Verdict {
  const all = Object.entries(nodes);
  const finishedCount = all.filter(([, node]) => TERMINAL.includes(node.state)).length;
  const failed = all
    .filter(([, node]) => node.state === "Failed")
    .sort(([, a], [, b]) => (parseTime(a.finished) ?? 0) - (parseTime(b.finished) ?? 0));
  const [first] = failed;
  const summary =
    first === undefined
      ? `${finishedCount} of ${all.length} nodes have finished${partsText(nodes)}${waitingText(all)}`
      : failureText(failed, all.length);
  const message = cutAtWord(summary, SUMMARY_MAX);
  if (finishedCount < all.length) return { succeeded: "Unknown", reason: "Running", message, nodes };
  if (first !== undefined) return { succeeded: "False", reason: "Failed", message, nodes };
  return { succeeded: "True", reason: "Succeeded", message: `all ${all.length} nodes succeeded`, nodes };
}

/** How many nodes wait for room, and what the first of them waits for. */
function waitingText(nodes: readonly (readonly [string, NodeStatus])[]): string {
  const waiting = nodes.filter(([, { state }]) => state === "Waiting");
  const [first] = waiting;
  if (first === undefined) return "";
  const [name, { reason = "", message = "" }] = first;
  const count = waiting.length === 1 ? "1 waits" : `${waiting.length} wait`;
  return `; ${count} for room, ${name}: ${reason}: ${cutAtWord(message, CAUSE_MAX)}`;
}

/** How many nodes failed, why the first ones did, and the names of the others. */
function failureText(failed: readonly (readonly [string, NodeStatus])[], of: number): string {
  const causes = failed
    .slice(0, CAUSES)
    .map(([name, { message, reason }]) => `${name}: ${cutAtWord(message ?? reason ?? "no message", CAUSE_MAX)}`);
  const head = `${failed.length} of ${of} nodes failed; ${causes.join("; ")}`;
  const others = failed.slice(CAUSES).map(([name]) => name);
  const room = Math.max(40, SUMMARY_MAX - head.length - "; also ".length);
  return others.length === 0 ? head : `${head}; also ${listed(others, room)}`;
}
