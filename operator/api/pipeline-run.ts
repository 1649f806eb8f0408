import { z } from "zod";
import { entryName, flag, integer, map, object, objectName, oneOf, positiveDuration, text, time } from "./fields.ts";
import { NodeHealth, RunHealth } from "./health.ts";
import { PLAN_BYTES_MAX, UNIT_NAME, UNIT_NAME_MAX, UNITS_MAX } from "./packing.ts";
import { paramValues } from "./params/param-values.ts";
import { NODES_MAX } from "./pipeline.ts";
import { InstalledPackages } from "./project-packages.ts";
import { conditionsOf, observedGeneration, timestamp } from "./status.ts";

const Interval = object(
  "The time whose data the run is about, as Airflow's data interval: what expressions call run.interval.",
  {
    start: time("The first moment."),
    end: time("The first moment after it."),
  },
  [
    {
      rule: "self.start <= self.end",
      message: "an interval ends after it starts",
      holds: ({ start, end }) => Date.parse(String(start)) <= Date.parse(String(end)),
    },
  ],
);

/** The rule that a field stays as it is. */
const unchanging = (field: string) => ({
  rule: `has(self.${field}) == has(oldSelf.${field}) && (!has(self.${field}) || self.${field} == oldSelf.${field})`,
  message: `${field} cannot be changed: create another run`,
});

export const PipelineRunSpec = object(
  "Which pipeline runs, once. Only cancelled can be changed afterwards.",
  {
    pipeline: objectName(
      "Pipeline in the same namespace. The run keeps the spec that the Pipeline has when it begins, and carries its name and uid from then on as the labels kelt.dev/pipeline and kelt.dev/pipeline-uid.",
    ),
    timeout: positiveDuration("Longest time of this run; wins over the Pipeline's.").optional(),
    scheduled: time(
      "The time that the run is for, as Airflow's logical date: the slot of a run that the schedule made. By default the run's creation.",
    ).optional(),
    interval: Interval.optional(),
    params: paramValues(
      "Values of the Pipeline's parameters, by name; the others have their defaults. They are taken as they are written: no expression is resolved in them. No secrets: everybody who may see the run reads them.",
    ).optional(),
    cancelled: flag(
      "Set to true to stop the run: its live Jobs are deleted, and unfinished nodes end as Cancelled.",
    ).default(false),
  },
  [
    { rule: "self.pipeline == oldSelf.pipeline", message: "pipeline cannot be changed: create another run" },
    unchanging("timeout"),
    unchanging("scheduled"),
    unchanging("interval"),
    unchanging("params"),
    { rule: "!oldSelf.cancelled || self.cancelled", message: "a cancelled run cannot go on: create another run" },
  ],
);
export type PipelineRunSpec = z.infer<typeof PipelineRunSpec>;

/**
 * | state     | what is true                                             | what leaves it                               |
 * |-----------|----------------------------------------------------------|----------------------------------------------|
 * | Pending   | a node it needs has not succeeded yet                    | they succeed, or one of them cannot any more |
 * | Pending, StartingAhead | the same; the Job of its first attempt is made and does nothing before the node is stored as started | the same; its Job is deleted (Pending) |
 * | Pending, AwaitingCommit | another node looks up the commit of the same git project | it is stored; that node's attempt ends |
 * | Waiting   | there is no room: a limit, a quota, a queue, the cluster | room; capacityTimeout (Failed)               |
 * | Starting  | the attempt's Job exists, its pod does not run yet       | the task container runs, or startTimeout     |
 * | Running   | the task container of the attempt runs                   | it reports its result or terminates; its pod is evicted (Starting, or Retrying) |
 * | Retrying  | an attempt failed and another one begins at `retryAt`    | that time                                    |
 * | Succeeded | an attempt has reported success, or its container exited 0 | never                                      |
 * | Failed    | an attempt failed and no other one is allowed            | never                                        |
 * | Skipped   | a node it needs did not succeed                          | never                                        |
 * | Cancelled | the run was stopped before the node finished             | never                                        |
 */
export const NODE_STATES = [
  "Pending",
  "Waiting",
  "Starting",
  "Running",
  "Retrying",
  "Succeeded",
  "Failed",
  "Skipped",
  "Cancelled",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

/** The most attempts that a node can have, whatever does not count against its limit. */
export const ATTEMPTS_MAX = 1000;

const count = (description: string) => integer(description, { min: 0, max: Number.MAX_SAFE_INTEGER });

export const TestCounts = z
  .object({
    passed: count("Checks that passed."),
    warned: count("Checks of severity warn that failed."),
    failed: count("Checks of severity error that failed."),
    errored: count("Checks that could not be carried out."),
  })
  .meta({ description: "Checks by their result." });
export type TestCounts = z.infer<typeof TestCounts>;

const failed = (description: string) => integer(description, { min: 0, max: ATTEMPTS_MAX }).optional();

const Failures = z
  .object({
    transient: failed("Servers, networks, and exits without a reason."),
    infrastructure: failed("Pods that were killed, lost or did not start."),
    timeout: failed("Attempts that took too long."),
    data: failed("Bad data."),
    configuration: failed("Bad configuration."),
    outOfMemory: failed("Those of infrastructure whose container was killed for its memory."),
  })
  .meta({ description: "Failed attempts by kind, while the node has not ended: each kind has a limit in retries." });

const attemptFields = {
  state: oneOf("Where the node stands.", NODE_STATES),
  attempt: integer("Number of the latest attempt, from 1.", { min: 1, max: ATTEMPTS_MAX }).optional(),
  evictions: integer(
    "Attempts whose pod was evicted and exited with 0. They are repeated and do not count against any limit of retries.",
    { min: 0, max: ATTEMPTS_MAX },
  ).optional(),
  failures: Failures.optional(),
  job: text(
    "Job of the latest attempt; while it is kept, `kubectl logs job/NAME` shows its log. The log of an attempt that was stopped goes with its Job.",
    {
      max: 63,
    },
  ).optional(),
  started: timestamp("When the first attempt's Job was made.").optional(),
  attemptStarted: timestamp("When the latest attempt's Job was made.").optional(),
  jobUid: text("Uid of the latest attempt's Job: no other Job counts for it, whatever its name and labels say.", {
    max: 64,
  }).optional(),
  finished: timestamp("When the node reached its last state.").optional(),
  retryAt: timestamp("When the next attempt begins.").optional(),
  waitingSince: timestamp(
    "Since when the node waits: for room (capacityTimeout), or for its pod or the API server (startTimeout).",
  ).optional(),
  podless: timestamp(
    "Since when the attempt has had no pod: its pod was evicted or deleted, or its Job cannot create one.",
  ).optional(),
  parts: text("Parts of a fanned-out load that have succeeded, and all parts, such as 5/8.", { max: 16 }).optional(),
  rows: count("Rows written.").optional(),
  bytes: count("Bytes moved.").optional(),
  tests: TestCounts.optional(),
  health: NodeHealth.optional(),
  commit: text(
    "Commit of the project's git repository. Every node and attempt of the run with the same url and ref has it.",
    { max: 40 },
  ).optional(),
  packages: InstalledPackages.optional(),
  reason: text("Why, in one word.", { max: 64 }).optional(),
  message: text("Why, in a sentence: what failed, where, and what to do.", { max: 1024 }).optional(),
};

/** Units whose details a status has: those at work, and the first that failed. */
const DETAILED_MAX = 64;

export const PackedStatus = z
  .object({
    plan: text("The units and what each of them needs, as the first Job of the node has said: for the operator.", {
      max: PLAN_BYTES_MAX,
    }).optional(),
    alone: text("Why one Job builds all of the project after all.", { max: 256 }).optional(),
    states: text(
      "A letter for the Job that plans, each unit and the last Job: P pending, S succeeded, F failed, K skipped, C cancelled, D as units says.",
      { max: UNITS_MAX + 2, min: 0 },
    ).optional(),
    units: map(
      "Units that are at work, wait for their next attempt or have failed, by name: each has its attempt, its Job and its message.",
      z.object(attemptFields).meta({ description: "One unit of the node." }),
      { max: DETAILED_MAX, key: z.string().max(UNIT_NAME_MAX).regex(UNIT_NAME) },
    ).optional(),
  })
  .meta({ description: "The Jobs of a node that is packed into several (transform.packing)." });
export type PackedStatus = z.infer<typeof PackedStatus>;

export const NodeStatus = z
  .object({
    ...attemptFields,
    units: text("Units of a packed node that have succeeded, and all units, such as 12/50.", { max: 16 }).optional(),
    packed: PackedStatus.optional(),
  })
  .meta({ description: "One node of the run." });
export type NodeStatus = z.infer<typeof NodeStatus>;

export const SpecRevision = z
  .object({
    name: text("Name of the ControllerRevision in the run's namespace.", { max: 253 }),
    digest: text(
      "SHA-256 of what it holds, as JSON with sorted keys: a revision with other contents is not followed.",
      {
        max: 64,
      },
    ),
  })
  .meta({
    description:
      "Where the run's copy of the Pipeline's spec is, with its Connection resources filled in. Runs with the same copy share it. Secrets and ConfigMaps that it names are not copied: every attempt reads them as they are.",
  });
export type SpecRevision = z.infer<typeof SpecRevision>;

export const PipelineRunStatus = z
  .object({
    observedGeneration,
    conditions: conditionsOf(
      "How the run stands. Succeeded is the one to read: True, False, or Unknown until the end, with the reason in one word. Finished is True after either end: `kubectl wait --for=condition=Finished`. Ready, Reconciling and Stalled are kstatus' conditions, by which GitOps tools see a run in progress (Reconciling=True), one that succeeded (Ready=True) and one that did not (Stalled=True).",
    ),
    pipelineUid: text(
      "Uid of the Pipeline that the run began with. The run belongs to that Pipeline, not to a later one of the same name: the label kelt.dev/pipeline-uid distinguishes them.",
      { max: 64 },
    ),
    pipelineGeneration: count("Generation of the Pipeline that the run began with."),
    pipelineRevision: SpecRevision,
    pipelineSpec: z.unknown().meta({
      description:
        "The same copy in the status itself, as version 0.1.0 kept it. Runs that began with it go on with it; no run begins with it any more.",
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    }),
    scheduled: timestamp("The time that the run is for, in UTC: what expressions call run.scheduled."),
    interval: z
      .object({
        start: timestamp("The first moment."),
        end: timestamp("The first moment after it."),
      })
      .meta({
        description:
          "The time whose data the run is about, in UTC: that of its spec, or from the slot before the last one to the last one. Missing where there is neither.",
      }),
    timeZone: text("The zone whose clock formats of expressions follow: the schedule's, or UTC.", { max: 64 }),
    params: paramValues(
      "The run's parameters with their defaults, as they were when it began: what expressions call params.",
    ),
    started: timestamp("When the run began."),
    finished: timestamp("When the run reached its end."),
    duration: text("From the beginning to the end, for people.", { max: 32 }),
    progress: text("Finished nodes of all nodes, such as 7/9.", { max: 16 }),
    counts: z
      .object({
        total: count("Nodes."),
        succeeded: count("Nodes that succeeded."),
        failed: count("Nodes that failed."),
        skipped: count("Nodes that were skipped."),
        cancelled: count("Nodes that were cancelled."),
        active: count("Nodes at work: starting, running or waiting for a retry."),
        waiting: count("Nodes that wait for room.").optional(),
      })
      .meta({ description: "Nodes by their state." }),
    rows: count("Rows written by all nodes."),
    tests: TestCounts,
    health: RunHealth,
    nodes: map("Every node of the run, by name.", NodeStatus, { max: NODES_MAX, key: entryName }),
  })
  .partial()
  .meta({ description: "What has happened." });
export type PipelineRunStatus = z.infer<typeof PipelineRunStatus>;
