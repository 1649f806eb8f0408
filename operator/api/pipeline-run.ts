import { z } from "zod";
import { duration, entryName, flag, integer, map, object, objectName, oneOf, text } from "./fields.ts";
import { NODES_MAX } from "./pipeline.ts";
import { conditions, observedGeneration, timestamp } from "./status.ts";

export const PipelineRunSpec = object(
  "Which pipeline runs, once. Only cancelled can be changed afterwards.",
  {
    pipeline: objectName(
      "Pipeline in the same namespace. The run keeps the spec that the Pipeline has when it begins.",
    ),
    timeout: duration("Longest time of this run; wins over the Pipeline's.").optional(),
    cancelled: flag(
      "Set to true to stop the run: live Jobs are deleted and what has not finished ends as Cancelled.",
    ).default(false),
  },
  [
    { rule: "self.pipeline == oldSelf.pipeline", message: "pipeline cannot be changed: create another run" },
    {
      rule: "has(self.timeout) == has(oldSelf.timeout) && (!has(self.timeout) || self.timeout == oldSelf.timeout)",
      message: "timeout cannot be changed: create another run",
    },
    { rule: "!oldSelf.cancelled || self.cancelled", message: "a cancelled run cannot go on: create another run" },
  ],
);
export type PipelineRunSpec = z.infer<typeof PipelineRunSpec>;

/**
 * | state     | what is true                                             | what leaves it                               |
 * |-----------|----------------------------------------------------------|----------------------------------------------|
 * | Pending   | a node it needs has not succeeded yet                    | they succeed, or one of them cannot any more |
 * | Starting  | the attempt's Job exists, its pod does not run yet       | the task container runs, or startTimeout     |
 * | Running   | the task container of the attempt runs                   | it terminates; its pod is evicted (Starting) |
 * | Retrying  | an attempt failed and another one begins at `retryAt`    | that time                                    |
 * | Succeeded | an attempt exited 0 with a valid result                  | never                                        |
 * | Failed    | an attempt failed and no other one is allowed            | never                                        |
 * | Skipped   | a node it needs did not succeed                          | never                                        |
 * | Cancelled | the run was stopped before the node finished             | never                                        |
 */
export const NODE_STATES = [
  "Pending",
  "Starting",
  "Running",
  "Retrying",
  "Succeeded",
  "Failed",
  "Skipped",
  "Cancelled",
] as const;
export type NodeState = (typeof NODE_STATES)[number];

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

export const NodeStatus = z
  .object({
    state: oneOf("Where the node stands.", NODE_STATES),
    attempt: integer("Number of the latest attempt, from 1.", { min: 1, max: 1000 }).optional(),
    started: timestamp("When the first attempt's Job was made.").optional(),
    attemptStarted: timestamp("When the latest attempt's Job was made.").optional(),
    finished: timestamp("When the node reached its last state.").optional(),
    retryAt: timestamp("When the next attempt begins.").optional(),
    podless: timestamp(
      "Since when the attempt is seen to have no pod: the one that ran was evicted or deleted, or its Job cannot make one.",
    ).optional(),
    parts: text("Parts of a load that is fanned out that have succeeded, of all, such as 5/8.", { max: 16 }).optional(),
    rows: count("Rows written.").optional(),
    bytes: count("Bytes moved.").optional(),
    tests: TestCounts.optional(),
    reason: text("Why, in one word.", { max: 64 }).optional(),
    message: text("Why, in a sentence: what failed, where, and what to do.", { max: 1024 }).optional(),
  })
  .meta({ description: "One node of the run." });
export type NodeStatus = z.infer<typeof NodeStatus>;

export const PipelineRunStatus = z
  .object({
    observedGeneration,
    conditions,
    pipelineGeneration: count("Generation of the Pipeline that the run began with."),
    pipelineSpec: z.unknown().meta({
      description:
        "The Pipeline's spec when the run began, its Connection resources filled in. The run follows this copy alone.",
      type: "object",
      "x-kubernetes-preserve-unknown-fields": true,
    }),
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
      })
      .meta({ description: "Nodes by their state." }),
    rows: count("Rows written by all nodes."),
    tests: TestCounts,
    nodes: map("Every node of the run, by name.", NodeStatus, { max: NODES_MAX, key: entryName }),
  })
  .partial()
  .meta({ description: "What has happened." });
export type PipelineRunStatus = z.infer<typeof PipelineRunStatus>;
