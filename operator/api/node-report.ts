import { z } from "zod";
import { integer, object, objectName, oneOf, text } from "./fields.ts";
import { ITEM_KINDS, ITEM_STATES } from "./report.ts";
import { conditionsOf, observedGeneration } from "./status.ts";

/** Items in one object: with the longest names and messages of plain letters they stay below what etcd takes. */
export const NODE_REPORT_ITEMS_MAX = 500;
/** The items of one object as JSON, in bytes: where letters take several, messages are cut. etcd takes 1.5 MiB of an object. */
export const NODE_REPORT_BYTES_MAX = 1_200_000;
/** Objects of one node: more than the longest report fills. */
export const NODE_REPORT_PAGES_MAX = 20;

export const NodeReportSpec = object(
  "Whose items these are.",
  {
    run: objectName("PipelineRun in the same namespace, which owns the report."),
    node: text("Node of the run.", { max: 40, pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/ }),
    page: integer("Which part of the node's items this is, from 1.", { min: 1, max: NODE_REPORT_PAGES_MAX }),
  },
  [
    {
      rule: "self.run == oldSelf.run && self.node == oldSelf.node && self.page == oldSelf.page",
      message: "a report is of one run, node and page for as long as it exists",
    },
  ],
);
export type NodeReportSpec = z.infer<typeof NodeReportSpec>;

const count = (description: string) => integer(description, { min: 0, max: Number.MAX_SAFE_INTEGER });

const NodeReportItem = z
  .object({
    kind: oneOf("What the item is.", ITEM_KINDS),
    name: text("Its name, as the task's work knows it: a table, a key of a file, dbt's name of a model or test.", {
      max: 512,
    }),
    state: oneOf("Where it stands.", ITEM_STATES),
    attempts: count("Times that it was tried, over all attempts of the node.").optional(),
    rows: count("Rows that it wrote.").optional(),
    bytes: count("Bytes that it moved.").optional(),
    failures: count("Rows that break a test.").optional(),
    milliseconds: count("How long it took.").optional(),
    message: text("Why it failed, was skipped or warned.", { max: 1024, min: 0 }).optional(),
  })
  .meta({ description: "One table, file, model, test or check." });
export type NodeReportItem = z.infer<typeof NodeReportItem>;

export const NodeReportStatus = z
  .object({
    observedGeneration,
    conditions: conditionsOf(
      "Complete is True when the node's attempt has ended and nothing is missing; else its reason is Reporting, ItemsLeftOut or Lost.",
    ),
    attempt: integer("Attempt of the node that says so.", { min: 1, max: 1000 }),
    pages: integer("Objects that have the node's items.", { min: 1, max: NODE_REPORT_PAGES_MAX }),
    total: count("Items of the node that are known, on all pages."),
    counts: z
      .object({
        pending: count("Items that have not begun."),
        running: count("Items at work."),
        succeeded: count("Items that succeeded."),
        warned: count("Tests and checks of severity warn that failed."),
        failed: count("Items that failed."),
        skipped: count("Items that were not tried because of others."),
      })
      .meta({ description: "Items of the node by their state, on all pages." }),
    itemsLeftOut: count("Items of the node that are missing for want of room."),
    items: z
      .array(NodeReportItem)
      .max(NODE_REPORT_ITEMS_MAX)
      .meta({ description: "The items of this page.", "x-kubernetes-list-type": "atomic" }),
  })
  .partial()
  .meta({ description: "The items inside the node, and how they stand." });
export type NodeReportStatus = z.infer<typeof NodeReportStatus>;
