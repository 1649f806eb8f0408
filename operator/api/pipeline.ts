import { z } from "zod";
import { BOUND, ConnectionEntry } from "./connection.ts";
import { duration, entryName, exactlyOne, flag, integer, list, map, object, positiveDuration, text } from "./fields.ts";
import { FINALLY_TIMEOUT, finallyFlag, onFailure, triggerRule, when } from "./nodes/rules.ts";
import { Params } from "./params/params.ts";
import { PodSettings } from "./pod.ts";
import { Resources } from "./resources.ts";
import { Retries } from "./retries.ts";
import { Schedule, ScheduleStatus } from "./schedule.ts";
import { conditions, observedGeneration, timestamp } from "./status.ts";
import { VERBS, type Verb } from "./verbs/verbs.ts";

/**
 * The bounds that the CEL cost estimate and the size of a run's status are computed from. Kubernetes 1.34 accepts the schema with 2,000
 * nodes of 256 needs. What one write may cost it is bounded too: 64,000 needs in all passed, 128,000 did not, and a spec of 512 KiB holds about
 * 50,000. The largest status, of 928 nodes, made an object of 926 kB with the API server's own record of its
 * fields, of which etcd takes 1.5 MiB (`graph/largest-status.ts`).
 */
export const NODES_MAX = 1_000;
export const NEEDS_MAX = 256;
/** Held pods of one run. */
export const START_AHEAD_MAX = 4;
/** A spec as JSON, in bytes. A run's copy of it, in which Connection resources are filled in, may be larger by half: etcd takes 1.5 MiB. */
export const SPEC_BYTES_MAX = 512 * 1024;
export const COPY_BYTES_MAX = 768 * 1024;

type OptionalVerbs = { [V in Verb]: z.ZodOptional<(typeof VERBS)[V]["schema"]> };

/** A field for each verb. */
function optionalVerbs(): OptionalVerbs {
  const fields = Object.entries(VERBS).map(([verb, { schema }]) => [verb, schema.optional()]);
  return Object.fromEntries(fields) as unknown as OptionalVerbs;
}

/** In CEL: whether node `name` needs itself, or something that is no node. */
const STRAY_NEED =
  "has(self.nodes[name].needs) && self.nodes[name].needs.exists(need, need == name || !(need in self.nodes))";

/** How long a node waits where it does not say it. The API server fills them in: whoever reads a stored node cannot tell who has set them. */
export const WAIT_DEFAULTS = { startTimeout: "5m", capacityTimeout: "12h" } as const;

export const PipelineNode = object(
  "One step of the pipeline: exactly one verb.",
  {
    needs: list("Nodes that must have succeeded before this one starts, unless triggerRule says else.", entryName, {
      min: 0,
      max: NEEDS_MAX,
    }).optional(),
    triggerRule: triggerRule.optional(),
    when: when.optional(),
    onFailure: onFailure.optional(),
    finally: finallyFlag.optional(),
    ...optionalVerbs(),
    retries: Retries.optional(),
    timeout: duration("Longest time from the start of the first attempt to the end of the last one.").optional(),
    attemptTimeout: duration("Longest time of one attempt.").optional(),
    startTimeout: duration(
      "Longest time that an attempt's pod may take to start running, without waits for room.",
    ).default(WAIT_DEFAULTS.startTimeout),
    capacityTimeout: duration(
      "Longest time that the node waits for room (quota, queue, cluster, the namespace's limit) before it fails for good.",
    ).default(WAIT_DEFAULTS.capacityTimeout),
    resources: Resources.optional(),
    pod: PodSettings.optional(),
  },
  [exactlyOne(Object.keys(VERBS) as Verb[])],
);
export type PipelineNode = z.infer<typeof PipelineNode>;

export const PipelineSpec = object(
  "What the pipeline does. As JSON it has at most 512 KiB.",
  {
    params: Params.optional(),
    connections: map(`Systems that the nodes use, by name. ${BOUND}`, ConnectionEntry, { max: 32 }).optional(),
    nodes: map(
      "The steps, by name. The status of a run has 640 KiB: 1,000 nodes with short names, 928 with the longest.",
      PipelineNode,
      { max: NODES_MAX },
    ),
    schedule: Schedule.optional(),
    retries: Retries.optional(),
    logValues: flag(
      "Whether logs of task pods may quote values of rows; status, Events and metrics never do.",
    ).optional(),
    resources: Resources.optional(),
    pod: PodSettings.optional(),
    parallelism: integer("Maximum number of nodes of a run that work at once.", {
      min: 1,
      max: NODES_MAX,
    }).optional(),
    startAhead: integer(
      "Maximum number of pods that start while a node that they need still works. Each waits, with its requests reserved, until it may begin. 0 starts none.",
      { min: 0, max: START_AHEAD_MAX },
    ).default(1),
    timeout: duration(
      "Longest time of a run, without its finally nodes. Then its live Jobs are stopped and the run fails.",
    ).optional(),
    finallyTimeout: positiveDuration(
      "Longest time of all finally nodes together, from the end of the last other node.",
    ).default(FINALLY_TIMEOUT),
    suspend: flag(
      "While true, no new run begins, and no slot of the schedule gets one; waiting runs begin when it is false again. Runs that have begun go on.",
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
      rule: `!self.nodes.exists(name, ${STRAY_NEED})`,
      message: "needs must name other nodes of this pipeline",
      // Names the first node and its needs: joining all of them costs more than the API server allows.
      messageExpression: `"needs must name other nodes of this pipeline; look at node " + self.nodes.filter(name, ${STRAY_NEED})[0]`,
    },
  ],
);
export type PipelineSpec = z.infer<typeof PipelineSpec>;

export const PipelineStatus = z
  .object({
    observedGeneration,
    conditions,
    nodes: integer("Number of nodes.", { min: 0, max: NODES_MAX }),
    activeRuns: integer("Runs that have not finished.", { min: 0, max: 1_000_000 }),
    lastRun: z
      .object({
        name: text("Name of the run.", { max: 253 }),
        result: text("The run's reason, such as Succeeded or Running.", { max: 32 }),
        finished: timestamp("When it finished.").optional(),
      })
      .meta({ description: "The run that began or was refused last." }),
    lastSuccessTime: timestamp("When a run last succeeded."),
    schedule: ScheduleStatus,
  })
  .partial()
  .meta({ description: "What the operator found." });
export type PipelineStatus = z.infer<typeof PipelineStatus>;
