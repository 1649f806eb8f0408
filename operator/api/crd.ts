import type { z } from "zod";
import { ConnectionSpec, ConnectionStatus } from "./connection.ts";
import { GROUP, VERSION } from "./metadata.ts";
import { PipelineSpec, PipelineStatus } from "./pipeline.ts";
import { PipelineRunSpec, PipelineRunStatus } from "./pipeline-run.ts";
import { type StructuralSchema, structuralSchema, type Validation } from "./structural-schema.ts";

/** A column of `kubectl get`. Priority 1 shows with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

/** A kind of kelt.dev, and how kubectl shows it. */
export interface CustomKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly PrinterColumn[];
  /** Fields that `kubectl get --field-selector` and a watch may select by. */
  readonly selectable: readonly string[];
  /** Rules over the whole object: its name and references between distant fields are in sight here only. */
  readonly rules: readonly Validation[];
}

const condition = (type: string, field: "status" | "reason" | "message") =>
  `.status.conditions[?(@.type=="${type}")].${field}`;

const AGE: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since the object was made.",
};

const READY: PrinterColumn = {
  name: "Ready",
  type: "string",
  jsonPath: condition("Ready", "status"),
  description: "Whether the spec is in order.",
};

const READY_MESSAGE: PrinterColumn = {
  name: "Message",
  type: "string",
  jsonPath: condition("Ready", "message"),
  description: "Why it is ready or not.",
  priority: 1,
};

/** Where a node names a connection. */
const CONNECTION_FIELDS = [
  "extract.from.connection",
  "extract.to.connection",
  "load.from.connection",
  "load.to.connection",
  "transform.connection",
  "test.connection",
] as const;

/** The rule that `field` of every node is a key of `spec.connections`. */
function namesConnection(field: string): Validation {
  const verb = field.slice(0, field.indexOf("."));
  const node = "self.spec.nodes[node]";
  const whereSet = field === "extract.to.connection" ? `has(${node}.${field}) && ` : "";
  const unknown = `has(${node}.${verb}) && ${whereSet}!(has(self.spec.connections) && ${node}.${field} in self.spec.connections)`;
  const message = `${field} must name an entry of spec.connections`;
  return {
    rule: `!self.spec.nodes.exists(node, ${unknown})`,
    message,
    // Names the first node only: joining them all would cost more than the API server allows, as keys have no bound for it.
    messageExpression: `"${message}; look at node " + self.spec.nodes.filter(node, ${unknown})[0]`,
    fieldPath: ".spec.nodes",
  };
}

const PIPELINE: CustomKind = {
  kind: "Pipeline",
  plural: "pipelines",
  shortName: "pl",
  description: "A data pipeline: nodes that extract, load, transform and test data, and the order they need.",
  spec: PipelineSpec,
  status: PipelineStatus,
  columns: [
    READY,
    { name: "Suspended", type: "boolean", jsonPath: ".spec.suspend", description: "Whether no run begins." },
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
    ...CONNECTION_FIELDS.map(namesConnection),
  ],
};

const PIPELINE_RUN: CustomKind = {
  kind: "PipelineRun",
  plural: "pipelineruns",
  shortName: "plr",
  description: "One execution of a Pipeline.",
  spec: PipelineRunSpec,
  status: PipelineRunStatus,
  columns: [
    { name: "Pipeline", type: "string", jsonPath: ".spec.pipeline", description: "The pipeline that runs." },
    {
      name: "Status",
      type: "string",
      jsonPath: condition("Succeeded", "reason"),
      description: "Where the run stands, in one word.",
    },
    { name: "Progress", type: "string", jsonPath: ".status.progress", description: "Finished nodes of all nodes." },
    { name: "Rows", type: "integer", jsonPath: ".status.rows", description: "Rows written by all nodes." },
    {
      name: "Duration",
      type: "string",
      jsonPath: ".status.duration",
      description: "Time from the beginning to the end.",
    },
    AGE,
    {
      name: "Started",
      type: "date",
      jsonPath: ".status.started",
      description: "Time since the run began.",
      priority: 1,
    },
    {
      name: "Message",
      type: "string",
      jsonPath: condition("Succeeded", "message"),
      description: "What happened, in a sentence.",
      priority: 1,
    },
  ],
  selectable: [".spec.pipeline", ".spec.cancelled"],
  rules: [],
};

const CONNECTION: CustomKind = {
  kind: "Connection",
  plural: "connections",
  shortName: "conn",
  description: "A system that data comes from or goes to, for the pipelines of its namespace.",
  spec: ConnectionSpec,
  status: ConnectionStatus,
  columns: [
    { ...READY, description: "Whether the last test reached the system." },
    {
      name: "Reason",
      type: "string",
      jsonPath: condition("Ready", "reason"),
      description: "What came of the test, in one word.",
    },
    { name: "Server", type: "string", jsonPath: ".status.serverVersion", description: "What answered the last test." },
    {
      name: "Latency (ms)",
      type: "integer",
      jsonPath: ".status.latencyMilliseconds",
      description: "Time of one question and its answer.",
    },
    { name: "Tested", type: "date", jsonPath: ".status.tested", description: "Time since the last test ended." },
    AGE,
    READY_MESSAGE,
  ],
  selectable: [],
  rules: [],
};

/** Every kind of kelt.dev. */
export const CUSTOM_KINDS: readonly CustomKind[] = [PIPELINE, PIPELINE_RUN, CONNECTION];

/** The schema of a whole object of `kind`. */
export function objectSchema(kind: CustomKind): StructuralSchema {
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string", maxLength: 64, description: `Always ${GROUP}/${VERSION}.` },
      kind: { type: "string", maxLength: 64, description: `Always ${kind.kind}.` },
      // The API server allows no word about metadata here, its description among them.
      metadata: { type: "object" },
      spec: structuralSchema(kind.spec),
      status: structuralSchema(kind.status),
    },
    ...(kind.rules.length === 0 ? {} : { "x-kubernetes-validations": kind.rules }),
  };
}

/** The CustomResourceDefinition of `kind`, as `kubectl apply` takes it. */
export function customResourceDefinition(kind: CustomKind) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: ["kelt"],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema(kind) },
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          ...(kind.selectable.length === 0
            ? {}
            : { selectableFields: kind.selectable.map((jsonPath) => ({ jsonPath })) }),
        },
      ],
    },
  };
}
