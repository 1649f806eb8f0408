import { NodeReportSpec, NodeReportStatus } from "../node-report.ts";
import { AGE, type CustomKind, condition, type PrinterColumn } from "./custom-kind.ts";

const counted = (name: string, field: string, description: string): PrinterColumn => ({
  ...{ name, type: "integer", jsonPath: `.status.counts.${field}`, description },
});

export const NODE_REPORT: CustomKind = {
  kind: "NodeReport",
  plural: "nodereports",
  shortName: "nr",
  description:
    "What lies inside one node of a run: its tables, files, models and tests, at most 500 in one object. The operator writes it, at most once a second, and it goes with its run.",
  writtenBy: "operator",
  spec: NodeReportSpec,
  status: NodeReportStatus,
  columns: [
    { name: "Run", type: "string", jsonPath: ".spec.run", description: "The run." },
    { name: "Node", type: "string", jsonPath: ".spec.node", description: "The node of the run." },
    { name: "Page", type: "integer", jsonPath: ".spec.page", description: "Which part of the items this is." },
    { name: "Items", type: "integer", jsonPath: ".status.total", description: "Items of the node, on all pages." },
    counted("Succeeded", "succeeded", "Items that succeeded."),
    counted("Running", "running", "Items at work."),
    counted("Failed", "failed", "Items that failed."),
    {
      name: "Complete",
      type: "string",
      jsonPath: condition("Complete", "status"),
      description: "Whether this is all, and the last word.",
    },
    AGE,
    { name: "Attempt", type: "integer", jsonPath: ".status.attempt", description: "The node's attempt.", priority: 1 },
    { ...counted("Warned", "warned", "Checks that failed with severity warn."), priority: 1 },
    { ...counted("Skipped", "skipped", "Items that were not tried."), priority: 1 },
    {
      name: "Message",
      type: "string",
      jsonPath: condition("Complete", "message"),
      description: "What is missing, in a sentence.",
      priority: 1,
    },
  ],
  selectable: [".spec.run", ".spec.node"],
  rules: [],
};
