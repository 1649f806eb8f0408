import { z } from "zod";
import { ConnectionEntry } from "./connection.ts";
import {
  duration,
  entryName,
  exactlyOne,
  flag,
  integer,
  list,
  map,
  object,
  objectName,
  oneOf,
  quantity,
  text,
} from "./fields.ts";
import { conditions, observedGeneration, timestamp } from "./status.ts";

/** The bounds that the CEL cost estimate and the size of a run's status are computed from. */
export const NODES_MAX = 256;
export const NEEDS_MAX = 64;

const connectionKey = text("Name of an entry of spec.connections.", { max: 40 });
const schemaName = (what: string) => text(what, { max: 63 });
const tableName = text("A table, as `table` or `schema.table`.", { max: 127 });
const columnName = text("A column.", { max: 63 });

const Backoff = object("Waiting time between attempts: initial × factor^(attempt-1), at most max, ± 10 % jitter.", {
  initial: duration("Waiting time before the second attempt.").default("10s"),
  factor: integer("What the waiting time is multiplied by from one attempt to the next.", { min: 1, max: 10 }).default(
    2,
  ),
  max: duration("The longest waiting time.").default("10m"),
});

export const Retries = object(
  "How often a failed attempt is repeated. Bad configuration and bad data are never repeated; an evicted or preempted pod is, and does not count.",
  {
    limit: integer("Attempts after the first one.", { min: 0, max: 20 }).default(2),
    backoff: Backoff.prefault({}),
  },
);
export type Retries = z.infer<typeof Retries>;

const Extract = object("Copies tables from a source into files.", {
  from: object("Where the rows come from.", {
    connection: connectionKey,
    schema: schemaName("Schema of the tables named without one.").default("public"),
    tables: list("Tables to read.", tableName, { max: 256 }),
  }),
  to: object("Where the files go.", {
    directory: text(
      "Directory of the task's work volume. It ends with the pod; object stores come with their connections.",
      {
        max: 512,
        pattern: /^[A-Za-z0-9._/-]+$/,
      },
    ),
  }),
});

const Load = object("Copies tables from a source into a warehouse, in one transaction of the warehouse.", {
  from: object("Where the rows come from.", {
    connection: connectionKey,
    schema: schemaName("Schema of the tables named without one.").default("public"),
    tables: list("Tables to copy. All are read in one snapshot.", tableName, { max: 256 }),
  }),
  to: object("Where the rows go.", {
    connection: connectionKey,
    schema: schemaName("Schema of the target tables; made when missing."),
  }),
  mode: oneOf(
    "replace: the target then holds exactly the source's rows, and views on it keep working. append: the rows are added.",
    ["replace", "append"],
  ).default("replace"),
});

const Transform = object("Builds the models of a dbt project, in the order of their references.", {
  connection: connectionKey,
  schema: schemaName("Schema that models are built in; made when missing."),
  project: object(
    "Where the project comes from.",
    {
      configMap: objectName(
        "ConfigMap with one key per file. A folder is written with dots (models.staging.stg_films.sql); a key without one is a model, a file of macros, a properties file or dbt_project.yml by what it holds.",
      ).optional(),
    },
    [exactlyOne(["configMap"])],
  ),
  vars: map(
    "Values for var() in models; they win over dbt_project.yml.",
    z
      .union([z.string().max(1024), z.int()])
      .meta({ description: "A value: text or a whole number.", "x-kubernetes-int-or-string": true }),
    { max: 64, key: z.string().max(63) },
  ).optional(),
});

const checkKinds = {
  rowCount: object("The number of rows lies in a range.", {
    min: integer("Lowest count that passes.", { min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
    max: integer("Highest count that passes.", { min: 0, max: Number.MAX_SAFE_INTEGER }).optional(),
  }).optional(),
  notNull: list("No row has NULL in any of these columns.", columnName, { max: 64 }).optional(),
  unique: list(
    "No two rows agree in these columns together. Rows with a NULL in one of them are left out.",
    columnName,
    {
      max: 16,
    },
  ).optional(),
  acceptedValues: object("Every value of a column that is not NULL is one of a list.", {
    column: columnName,
    values: list("The accepted values, compared as text.", z.string().max(256), { max: 256 }),
  }).optional(),
  relationships: object("Every value of a column that is not NULL stands in a column of another table.", {
    column: columnName,
    to: tableName,
    field: columnName,
  }).optional(),
  sql: text("A SELECT that must return no row.", { max: 8192 }).optional(),
};

export const Check = object(
  "One check of a table.",
  {
    name: text("Name in results; made from the check when left out.", { max: 63 }).optional(),
    table: tableName.optional(),
    severity: oneOf("error: a failure fails the node. warn: a failure is only reported.", ["error", "warn"]).default(
      "error",
    ),
    ...checkKinds,
  },
  [
    exactlyOne(Object.keys(checkKinds)),
    {
      rule: "has(self.table) || has(self.sql)",
      message: "table must be set (only a check with sql goes without)",
      holds: (check) => check.table !== undefined || check.sql !== undefined,
    },
  ],
);
export type Check = z.infer<typeof Check>;

const Test = object("Checks tables.", {
  connection: connectionKey,
  checks: list("The checks; all of them run, whatever fails.", Check, { max: 128 }),
});

const Container = object(
  "Runs a container of yours. Exit code 0 is success; 64 and 65 are failures that no retry can mend.",
  {
    image: text("Image; kelt's task image when left out.", { max: 512 }).optional(),
    command: list("Entry point.", z.string().max(4096), { max: 64 }).optional(),
    args: list("Arguments.", z.string().max(4096), { max: 64 }).optional(),
    env: map("Environment variables. They are data, never a place for secrets.", z.string().max(4096), {
      max: 64,
      key: z
        .string()
        .max(128)
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
    }).optional(),
  },
);

export const VERBS = ["extract", "load", "transform", "test", "container"] as const;
export type Verb = (typeof VERBS)[number];

const ResourceList = object("Amounts of compute.", {
  cpu: quantity("Processors.").optional(),
  memory: quantity("Memory.").optional(),
});

export const PipelineNode = object(
  "One step of the pipeline: exactly one verb.",
  {
    needs: list("Nodes that must have succeeded before this one starts.", entryName, {
      min: 0,
      max: NEEDS_MAX,
    }).optional(),
    extract: Extract.optional(),
    load: Load.optional(),
    transform: Transform.optional(),
    test: Test.optional(),
    container: Container.optional(),
    retries: Retries.optional(),
    timeout: duration("Longest time from the start of the first attempt to the end of the last one.").optional(),
    attemptTimeout: duration("Longest time of one attempt.").optional(),
    startTimeout: duration("Longest time that an attempt's pod may take to start running.").default("5m"),
    resources: object("Compute of the node's pods.", {
      requests: ResourceList.optional(),
      limits: ResourceList.optional(),
    }).optional(),
  },
  [exactlyOne(VERBS)],
);
export type PipelineNode = z.infer<typeof PipelineNode>;

export const PipelineSpec = object(
  "What the pipeline does.",
  {
    connections: map("Systems that the nodes use, by name.", ConnectionEntry, { max: 32 }).optional(),
    nodes: map("The steps, by name.", PipelineNode, { max: NODES_MAX }),
    retries: Retries.optional(),
    timeout: duration("Longest time of a run; what still works then is stopped and the run fails.").optional(),
    suspend: flag(
      "While true no run begins; runs that wait begin when it is false again. Runs that have begun go on.",
    ).default(false),
    history: object("How many finished runs are kept, and how long.", {
      succeeded: integer("Succeeded runs kept.", { min: 0, max: 1000 }).default(10),
      failed: integer("Failed and cancelled runs kept.", { min: 0, max: 1000 }).default(10),
      ttl: duration("Longest time a finished run is kept.").default("30d"),
    }).prefault({}),
  },
  [
    {
      rule: "size(self.nodes) > 0",
      message: "at least one node is needed",
      holds: (spec) => Object.keys(spec.nodes ?? {}).length > 0,
    },
    {
      rule: "self.nodes.all(name, !has(self.nodes[name].needs) || self.nodes[name].needs.all(need, need != name && need in self.nodes))",
      message: "needs must name other nodes of this pipeline",
    },
  ],
);
export type PipelineSpec = z.infer<typeof PipelineSpec>;
/** A spec as users write it, before defaults. */
export type PipelineSpecInput = z.input<typeof PipelineSpec>;

export const PipelineStatus = z
  .object({
    observedGeneration,
    conditions,
    nodes: integer("Number of nodes.", { min: 0, max: NODES_MAX }),
    activeRuns: integer("Runs that have not finished.", { min: 0, max: 1_000_000 }),
    lastRun: z
      .object({
        name: text("Name of the run.", { max: 253 }),
        result: text("Succeeded, Failed, Cancelled, or Running while it is.", { max: 32 }),
        finished: timestamp("When it finished.").optional(),
      })
      .meta({ description: "The run that began last." }),
    lastSuccessTime: timestamp("When a run last succeeded."),
  })
  .partial()
  .meta({ description: "What the operator found." });
export type PipelineStatus = z.infer<typeof PipelineStatus>;
