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
 * | Unknown   | Cancelling       | nodes are Cancelled, live Jobs are being stopped; then finally nodes run | no Job lives, and they have ended |
 * | Unknown   | TimingOut        | the same after the run's timeout                  | no Job lives                               |
 * | True      | Succeeded        | every node has ended, and none Failed whose failure counts (`onFailure`) | never               |
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
export function judge(nodes: Readonly<Record<string, NodeStatus>>, spec?: Pick<PipelineSpec, "nodes">): Verdict {
  const all = Object.entries(nodes);
  const finishedCount = all.filter(([, node]) => TERMINAL.includes(node.state)).length;
  const failed = all
    .filter(([name, node]) => node.state === "Failed" && spec?.nodes[name]?.onFailure !== "continue")
    .sort(([, a], [, b]) => (parseTime(a.finished) ?? 0) - (parseTime(b.finished) ?? 0));
  const [first] = failed;
  const summary =
    first === undefined
      ? `${finishedCount} of ${all.length} nodes have finished${partsText(nodes)}${waitingText(all)}`
      : failureText(failed, all.length);
  const message = cutAtWord(summary, SUMMARY_MAX);
  if (finishedCount < all.length) return { succeeded: "Unknown", reason: "Running", message, nodes };
  if (first !== undefined) return { succeeded: "False", reason: "Failed", message, nodes };
  return { succeeded: "True", reason: "Succeeded", message: successText(all), nodes };
}

/** What became of the nodes of a run that has succeeded: some may have been skipped, or have failed without harm. */
function successText(all: readonly (readonly [string, NodeStatus])[]): string {
  const of = (state: NodeStatus["state"]) => all.filter(([, node]) => node.state === state);
  const succeeded = of("Succeeded").length;
  if (succeeded === all.length) return `all ${all.length} nodes succeeded`;
  const skipped = of("Skipped").length;
  const were = skipped === 0 ? "" : `, ${skipped} ${skipped === 1 ? "was" : "were"} skipped`;
  const failed = of("Failed");
  const causes = failed.map(
    ([name, { message, reason }]) => `${name}: ${cutAtWord(message ?? reason ?? "", CAUSE_MAX)}`,
  );
  const text =
    failed.length === 0 ? "" : `; failures that do not count (onFailure: continue): ${listed(causes, 700, "; ")}`;
  return cutAtWord(`${succeeded} of ${all.length} nodes succeeded${were}${text}`, SUMMARY_MAX);
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
