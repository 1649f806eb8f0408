import { z } from "zod";
import { Test } from "./check.ts";
import { ConnectionEntry } from "./connection.ts";
import { Container } from "./container.ts";
import { Extract } from "./extract.ts";
import { duration, entryName, exactlyOne, flag, integer, list, map, object, quantity, text } from "./fields.ts";
import { Load } from "./load.ts";
import { Retries } from "./retries.ts";
import { conditions, observedGeneration, timestamp } from "./status.ts";
import { Transform } from "./transform.ts";

/** The bounds that the CEL cost estimate and the size of a run's status are computed from. */
export const NODES_MAX = 256;
export const NEEDS_MAX = 64;

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
    history: object(
      "How many finished runs are kept, and how long. Runs of a Pipeline that is deleted stay until they are deleted.",
      {
        succeeded: integer("Succeeded runs kept.", { min: 0, max: 1000 }).default(10),
        failed: integer("Failed and cancelled runs kept.", { min: 0, max: 1000 }).default(10),
        ttl: duration("Longest time a finished run is kept.").default("30d"),
      },
    ).prefault({}),
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
