import { splitUnitKey } from "../../api/packing.ts";
import type { PipelineSpec } from "../../api/pipeline.ts";
import type { NodeStatus } from "../../api/pipeline-run.ts";
import { type ConditionValues, type NodeFields, type RunFields, readCondition } from "../../expressions/condition.ts";
import { nodesBefore } from "../../graph/before.ts";
import type { Facts } from "../facts.ts";
import { succeededCondition } from "../succeeded.ts";
import { parseTime } from "../time.ts";

/**
 * What the condition of a node says, once its rule lets it begin.
 *
 * | condition | what becomes of the node   |
 * |-----------|----------------------------|
 * | holds     | it begins                  |
 * | is false  | Skipped (ConditionFalse)   |
 * | fails     | Failed (ConditionError)    |
 */
export type ConditionState =
  | { readonly is: "holds" }
  | { readonly is: "false"; readonly message: string }
  | { readonly is: "fails"; readonly message: string };

type Nodes = Readonly<Record<string, NodeStatus>>;

/** What a node's condition says by these states of the run's nodes. */
export function conditionState(name: string, spec: PipelineSpec, facts: Facts, nodes: Nodes): ConditionState {
  const when = spec.nodes[name]?.when;
  if (when === undefined) return { is: "holds" };
  const read = readCondition(when);
  if (!read.ok) return { is: "fails", message: `when: ${read.problem}` };
  try {
    if (read.condition.holds(valuesOf(name, spec, facts, nodes))) return { is: "holds" };
    return { is: "false", message: `when is false: ${when}` };
  } catch (error) {
    return {
      is: "fails",
      message: `when: ${error instanceof Error ? error.message : "it cannot be evaluated"}: ${when}`,
    };
  }
}

/** Whether a condition can be looked at before the nodes that its own one needs have ended. */
export function isKnownEarly(when: string): boolean {
  const read = readCondition(when);
  return read.ok && !read.condition.looksAtNodes;
}

function valuesOf(name: string, spec: PipelineSpec, facts: Facts, nodes: Nodes): ConditionValues {
  const before = [...nodesBefore(name, spec.nodes)].filter((each) => splitUnitKey(each).unit === undefined);
  const failedNodes = before.filter((each) => nodes[each]?.state === "Failed");
  return {
    params: facts.run.status.params ?? {},
    run: { ...runFields(facts), failedNodes },
    nodes: Object.fromEntries(before.map((each) => [each, fieldsOf(nodes[each] ?? { state: "Pending" })])),
  };
}

function runFields({ run: { meta, spec, status }, now }: Facts): Omit<RunFields, "failedNodes"> {
  const { reason } = succeededCondition(status) ?? {};
  const [start, end] = [parseTime(status.interval?.start), parseTime(status.interval?.end)];
  return {
    name: meta.name,
    pipeline: spec.pipeline,
    scheduled: new Date(parseTime(status.scheduled) ?? parseTime(status.started) ?? now),
    ...(start === undefined || end === undefined ? {} : { interval: { start: new Date(start), end: new Date(end) } }),
    stopped: reason === "Cancelling" || reason === "TimingOut",
  };
}

const NO_TESTS = { passed: 0, warned: 0, failed: 0, errored: 0 };

function fieldsOf({
  state,
  reason = "",
  rows = 0,
  bytes = 0,
  attempt = 0,
  commit = "",
  tests,
}: NodeStatus): NodeFields {
  return { state, reason, rows, bytes, attempts: attempt, commit, tests: { ...NO_TESTS, ...tests } };
}
