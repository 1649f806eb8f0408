import { expect, test } from "vitest";
import { PipelineNode } from "#api/pipeline.ts";
import { resultsFor } from "../../../operator/run/node-results.ts";

const node = PipelineNode.parse({ container: { env: { ROWS: "$(nodes.raw.rows)", BYTES: "$(nodes.raw.bytes)" } } });

test.each([
  ["stored", { raw: { state: "Succeeded", rows: 0, bytes: 1 } }, { are: "known" }],
  ["not stored yet", { raw: { state: "Running", rows: 1 } }, { are: "unstored" }],
  ["of a node without a status", {}, { are: "unstored" }],
  [
    "not said",
    { raw: { state: "Succeeded", rows: 1 } },
    {
      are: "missing",
      message: "container.env.BYTES names $(nodes.raw.bytes), and node raw succeeded and has said no bytes",
    },
  ],
  [
    "of a node that was skipped",
    { raw: { state: "Skipped" } },
    { are: "missing", message: "container.env.ROWS names $(nodes.raw.rows), and node raw ended as Skipped" },
  ],
  ["said by a node that failed later", { raw: { state: "Failed", rows: 1, bytes: 2 } }, { are: "known" }],
] as const)("results that are %s", (_, stored, results) => {
  expect(resultsFor(node, stored)).toEqual(results);
});

test("a node that names no results has all of them", () => {
  expect(resultsFor(PipelineNode.parse({ container: { env: { A: "$(params.a)" } } }), undefined)).toEqual({
    are: "known",
  });
});
