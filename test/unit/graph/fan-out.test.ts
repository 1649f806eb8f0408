import { expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { findFanOutProblems } from "../../../operator/graph/fan-out.ts";
import { formatProblem } from "../../../operator/graph/problem.ts";

const problems = (warehouse: object, fanOut: object | undefined) => {
  const load = { from: { connection: "lake", files: { t: "t/" } }, to: { connection: "w", schema: "raw" }, fanOut };
  const connections = { lake: { s3: { bucket: "lake", region: "eu-central-1" } }, w: warehouse };
  return findFanOutProblems(PipelineSpec.parse({ connections, nodes: { raw: { load } } })).map(formatProblem);
};

test("a fan-out into a warehouse that reads objects itself is refused, into Postgres or a Connection resource it is not", () => {
  expect(problems({ redshift: { secretRef: "w" } }, { pods: 2 })).toEqual([
    "spec.nodes[raw].load.fanOut: connection w is of kind redshift, which reads the objects itself, several at a time; leave fanOut out",
  ]);
  const snowflake = { secretRef: "w", account: "acme", database: "DB" };
  expect(problems({ snowflake }, { pods: 2 })).toEqual([expect.stringContaining("is of kind snowflake")]);
  expect(problems({ redshift: { secretRef: "w" } }, undefined)).toEqual([]);
  expect(problems({ postgres: { secretRef: "w" } }, { pods: 2 })).toEqual([]);
  expect(problems({ ref: "w" }, { pods: 2 })).toEqual([]);
});
