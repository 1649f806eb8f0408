import { PipelineSpec, PipelineStatus } from "../pipeline.ts";
import type { Validation } from "../structural-schema.ts";
import type { ConnectionField } from "../verbs/verb.ts";
import { VERBS } from "../verbs/verbs.ts";
import { AGE, type CustomKind, READY, READY_MESSAGE } from "./custom-kind.ts";

/** The rule that the field of a verb, where a node has it, is a key of `spec.connections`. */
function namesConnection({ path, optional }: ConnectionField): Validation {
  const verb = path.slice(0, path.indexOf("."));
  const node = "self.spec.nodes[node]";
  const whereSet = optional === true ? `has(${node}.${path}) && ` : "";
  const unknown = `has(${node}.${verb}) && ${whereSet}!(has(self.spec.connections) && ${node}.${path} in self.spec.connections)`;
  const message = `${path} must name an entry of spec.connections`;
  return {
    rule: `!self.spec.nodes.exists(node, ${unknown})`,
    message,
    // Names the first node only: joining them all would cost more than the API server allows, as keys have no bound for it.
    messageExpression: `"${message}; look at node " + self.spec.nodes.filter(node, ${unknown})[0]`,
    fieldPath: ".spec.nodes",
  };
}

/** In CEL: whether the container of a node names a connection that is no key of `spec.connections`. */
const STRAY_CONNECTION =
  "has(self.spec.nodes[node].container) && has(self.spec.nodes[node].container.connections) && " +
  "self.spec.nodes[node].container.connections.exists(name, !(has(self.spec.connections) && name in self.spec.connections))";

/** The same rule for the connections of containers, which are a list. */
const NAMES_CONNECTIONS: Validation = {
  rule: `!self.spec.nodes.exists(node, ${STRAY_CONNECTION})`,
  message: "container.connections must name entries of spec.connections",
  messageExpression: `"container.connections must name entries of spec.connections; look at node " + self.spec.nodes.filter(node, ${STRAY_CONNECTION})[0]`,
  fieldPath: ".spec.nodes",
};

export const PIPELINE: CustomKind = {
  kind: "Pipeline",
  plural: "pipelines",
  shortName: "pl",
  description: "A data pipeline: nodes that extract, load, transform and test data, and the order they need.",
  writtenBy: "people",
  spec: PipelineSpec,
  status: PipelineStatus,
  columns: [
    READY,
    {
      name: "Schedule",
      type: "string",
      jsonPath: ".status.schedule.timetable",
      description: "When runs begin by themselves, and the time zone.",
    },
    { name: "Suspended", type: "boolean", jsonPath: ".spec.suspend", description: "Whether no run begins." },
    { name: "Next", type: "string", jsonPath: ".status.schedule.next[0]", description: "The next slot, in UTC." },
    { name: "Last Run", type: "string", jsonPath: ".status.lastRun.name", description: "The run that began last." },
    { name: "Result", type: "string", jsonPath: ".status.lastRun.result", description: "Result of that run." },
    {
      name: "Last Success",
      type: "date",
      jsonPath: ".status.lastSuccessTime",
      description: "Time since a run last succeeded.",
    },
    AGE,
    READY_MESSAGE,
  ],
  selectable: [".spec.suspend"],
  rules: [
    {
      rule: "size(self.metadata.name) <= 63",
      message: "the name of a Pipeline has at most 63 characters, because its runs carry it as a label",
    },
    ...Object.values(VERBS).flatMap(({ fields }) => fields.map(namesConnection)),
    NAMES_CONNECTIONS,
  ],
};
