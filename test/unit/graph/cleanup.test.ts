import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const extract = (prefix: string, connection = "lake") => ({
  extract: { from: { connection: "w", tables: ["t"] }, to: { connection, prefix } },
});
const load = (from: object, needs: readonly string[] = []) => ({
  needs,
  load: { from: { connection: "lake", ...from }, to: { connection: "w", schema: "raw" }, mode: "append" },
});
const cleans = (cleanup: string, needs: readonly string[] = []) => load({ node: "landed", cleanup }, needs);

function problems(nodes: object): readonly string[] {
  const validation = validatePipeline({
    connections: { w: { postgres: {} }, lake: { s3: { bucket: "lake" } }, attic: { s3: { bucket: "attic" } } },
    nodes: { landed: extract("raw/"), ...nodes },
  });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

test.each([
  ["a load of the same extract", "files", load({ node: "landed" })],
  ["a load of the extract's folder", "files", load({ files: { t: "raw/" } })],
  ["a load of one of its objects", "files", load({ files: { t: "raw/public.t.csv" } })],
  ["a load of a glob that goes into it", "files", load({ files: { t: "r*/*.csv" } })],
  ["a load of other files of the bucket", "bucket", load({ files: { t: "other/" } })],
  ["an extract into the bucket", "bucket", extract("other/")],
])("%s has to come before what removes the %s", (_, cleanup, other) => {
  const advice = "let raw need it, or clean up in the last one";
  expect(problems({ raw: cleans(cleanup), other })).toEqual([
    `spec.nodes[raw].load.from.cleanup: cleanup removes what other may need; ${advice}`,
  ]);
  expect(problems({ raw: cleans(cleanup, ["between"]), between: load({ files: {} }, ["other"]), other })).toEqual([]);
});

test.each([
  ["another extract and its load", "files", { other: extract("other/"), loaded: load({ node: "other" }) }],
  ["files of another folder", "files", { other: load({ files: { t: "other/*.csv" } }) }],
  ["a load of another bucket", "bucket", { other: load({ connection: "attic", files: { t: "raw/" } }) }],
  ["an extract into another bucket", "bucket", { other: extract("raw/", "attic") }],
])("%s may come whenever it likes when %s are removed", (_, cleanup, others) => {
  expect(problems({ raw: cleans(cleanup), ...others })).toEqual([]);
});

test("all that would come too late are named; a load that removes nothing is in nobody's way", () => {
  const others = { a: load({ node: "landed" }), b: load({ node: "landed" }) };
  expect(problems({ raw: cleans("files"), ...others })).toEqual([
    "spec.nodes[raw].load.from.cleanup: cleanup removes what a and b may need; let raw need them, or clean up in the last one",
  ]);
  expect(problems({ raw: cleans("none"), ...others })).toEqual([]);
});

test("nodes that need each other in a circle do not keep the answer away", () => {
  expect(problems({ raw: cleans("files", ["other"]), other: load({ node: "landed" }, ["raw"]) })).toEqual([
    expect.stringContaining("in a circle"),
  ]);
});
