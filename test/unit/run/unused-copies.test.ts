import { expect, test } from "vitest";
import type { RunSummary } from "../../../operator/run/own-runs.ts";
import { unusedCopies } from "../../../operator/run/unused-copies.ts";
import { aMeta, T0 } from "../../support/manifests/make.ts";

const PIPELINE = aMeta({ name: "films", uid: "uid-films" });
const at = (ms: number) => new Date(T0 + ms).toISOString();

/** A run that has begun with a copy, `ms` after T0. */
function run(uid: string, copy: string | undefined, ms: number, status: "Unknown" | "True" = "Unknown"): RunSummary {
  const condition = { type: "Succeeded", status, reason: "R", message: "", lastTransitionTime: at(ms) };
  const begun = { started: at(ms), pipelineUid: "uid-films", pipelineRevision: { name: copy ?? "", digest: "d" } };
  return { meta: aMeta({ name: uid, uid }), status: { conditions: [condition], ...(copy === undefined ? {} : begun) } };
}
const unused = (
  copies: Parameters<typeof unusedCopies>[0],
  runs: readonly RunSummary[],
  pipeline: typeof PIPELINE | undefined = PIPELINE,
) => unusedCopies(copies, runs, pipeline).map(({ name }) => name);
const [A, B, C] = [{ name: "a" }, { name: "b" }, { name: "c" }];

test("a copy that a run follows which has not ended is kept, also without its Pipeline", () => {
  expect(unused([A, B], [run("1", "a", 0)])).toEqual(["b"]);
  expect(unusedCopies([A, B], [run("1", "a", 0)], undefined)).toEqual([B]);
});

test("of the others the one of the newest run is kept, as long as there is the Pipeline", () => {
  const runs = [run("1", "a", 0, "True"), run("2", "b", 5_000, "True"), run("3", "c", 1_000, "True")];
  expect(unused([A, B, C], runs)).toEqual(["a", "c"]);
  expect(unusedCopies([A, B, C], runs, undefined)).toEqual([A, B, C]);
});

test("a copy that a run takes in this moment is kept, though no status names it yet", () => {
  expect(unused([{ ...A, takenBy: "1" }], [run("1", undefined, 0)])).toEqual([]);
  expect(unused([{ ...A, takenBy: "1" }], [])).toEqual(["a"]);
  expect(unused([{ ...A, takenBy: "1" }], [run("1", undefined, 0, "True")])).toEqual(["a"]);
});

test("a Pipeline that was made anew keeps no copy for the runs of the one before", () => {
  const before = run("1", "a", 0, "True");
  const runs = [{ ...before, status: { ...before.status, pipelineUid: "uid-before" } }];
  expect(unused([A], runs)).toEqual(["a"]);
});
