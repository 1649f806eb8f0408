import { nearestName } from "../api/nearest-name.ts";
import { TRIGGER_RULES } from "../api/nodes/rules.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { type NamedEntry, placeIn, readCondition } from "../expressions/condition.ts";
import { nodesBefore } from "./before.ts";
import { listed } from "./listing.ts";
import type { Problem } from "./problem.ts";
import { needsOf } from "./references.ts";

/**
 * Rules of nodes that cannot mean what they say.
 *
 * | what is said                                      | what is wrong                                    |
 * |---------------------------------------------------|--------------------------------------------------|
 * | anyFailed or anySucceeded, and no needs           | it would never begin                             |
 * | another rule than allSucceeded, and the node reads another node's files | it would begin without them |
 * | when                                              | it is no CEL, or names what is not there         |
 * | when names a node that does not come before       | the condition is looked at before that has ended |
 * | a node that is not finally needs one that is      | that one runs after all others                   |
 */
export function findRuleProblems({ nodes, params = {} }: PipelineSpec): Problem[] {
  return Object.entries(nodes).flatMap(([name, node]) => [
    ...triggerProblems(name, node),
    ...finallyProblems(name, node, nodes),
    ...conditionProblems(name, node, { nodes, params }),
  ]);
}

function triggerProblems(name: string, node: PipelineNode): Problem[] {
  const { triggerRule = "allSucceeded" } = node;
  const path = ["spec", "nodes", name, "triggerRule"];
  const source = node.load?.from.node;
  if (source !== undefined && triggerRule !== "allSucceeded") {
    const message = `the node loads the files of ${source}, which are there only when that has succeeded; leave triggerRule out`;
    return [{ reason: "InvalidSpec", path, message }];
  }
  const looks = triggerRule === "anyFailed" || triggerRule === "anySucceeded";
  if (!looks || needsOf(node).length > 0) return [];
  const message = `${triggerRule} looks at the nodes that this one needs, and there are none: it would never begin; name them in needs`;
  return [{ reason: "InvalidSpec", path, message }];
}

function finallyProblems(name: string, node: PipelineNode, nodes: PipelineSpec["nodes"]): Problem[] {
  if (node.finally === true) return [];
  return needsOf(node).flatMap((need): Problem[] => {
    if (nodes[need]?.finally !== true) return [];
    const index = node.needs?.indexOf(need) ?? -1;
    const path = ["spec", "nodes", name, ...(index < 0 ? ["load", "from", "node"] : ["needs", index])];
    const message = `${need} is a finally node, which runs after all others; only finally nodes can need it`;
    return [{ reason: "InvalidSpec", path, message }];
  });
}

function conditionProblems(
  name: string,
  { when }: PipelineNode,
  { nodes, params }: Pick<PipelineSpec, "nodes"> & { readonly params: object },
): Problem[] {
  if (when === undefined) return [];
  const path = ["spec", "nodes", name, "when"];
  const problem = (message: string): Problem => ({ reason: "InvalidSpec", path, message });
  const rule = TRIGGER_RULES.find((each) => each === when.trim());
  if (rule !== undefined) return [problem(`${rule} is a trigger rule and no condition; write triggerRule: ${rule}`)];
  const read = readCondition(when);
  if (!read.ok) return [problem(read.problem)];
  const before = nodesBefore(name, nodes);
  return read.condition.entries.flatMap((entry): Problem[] => {
    if (entry.of === "params")
      return Object.hasOwn(params, entry.name)
        ? []
        : [problem(`${placeIn(when, entry.at)}: ${noParam(entry, params)}`)];
    if (before.has(entry.name)) return [];
    return [problem(`${placeIn(when, entry.at)}: ${notBefore(name, entry, { nodes, before })}`)];
  });
}

function noParam({ name }: NamedEntry, params: object): string {
  const near = nearestName(name, Object.keys(params));
  return `spec.params has no ${name}; ${near === undefined ? "declare it there" : `did you mean ${near}?`}`;
}

function notBefore(
  name: string,
  { name: named }: NamedEntry,
  { nodes, before }: { readonly nodes: PipelineSpec["nodes"]; readonly before: ReadonlySet<string> },
): string {
  if (named === name) return "a condition is looked at before its own node begins; it cannot name it";
  if (nodes[named] !== undefined) return `node ${named} does not come before this one; name it in needs`;
  const near = nearestName(named, [...before]);
  const known =
    before.size === 0 ? "no node comes before this one" : `before this one come ${listed([...before], 300)}`;
  return `no node is called ${named}; ${near === undefined ? known : `did you mean ${near}?`}`;
}
