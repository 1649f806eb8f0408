import { PipelineRunSpec, PipelineRunStatus } from "../pipeline-run.ts";
import { AGE, type CustomKind, condition } from "./custom-kind.ts";

export const PIPELINE_RUN: CustomKind = {
  kind: "PipelineRun",
  plural: "pipelineruns",
  shortName: "plr",
  description: "One execution of a Pipeline.",
  writtenBy: "people",
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
      name: "Scheduled",
      type: "string",
      jsonPath: ".status.scheduled",
      description: "The time that the run is for.",
      priority: 1,
    },
    {
      name: "Started",
      type: "date",
      jsonPath: ".status.started",
      description: "Time since the run began.",
      priority: 1,
    },
    {
      name: "Tests",
      type: "integer",
      jsonPath: ".status.health.tests.percent",
      description: "Tests that passed, in per cent of those that ran.",
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
