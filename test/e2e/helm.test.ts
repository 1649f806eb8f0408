import { expect, test } from "vitest";
import { ROOT } from "../support/cluster/chart.ts";
import { mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  DEMO,
  eventually,
  finishedRun,
  getRun,
  helm,
  jobsOf,
  verdictOf,
} from "../support/cluster/kind.ts";

test("helm test runs a pipeline and passes", () => {
  expect(helm("test", "kelt", "--timeout", "180s")).toContain("Succeeded");
});

test("an upgrade with a run in flight loses nothing and repeats nothing", async () => {
  const step = { container: { command: ["/usr/local/bin/node", "-e", "setTimeout(() => {}, 3000)"] } };
  await applyPipeline("upgrade", {
    nodes: { a: step, b: { ...step, needs: ["a"] }, c: { ...step, needs: ["b"] }, d: { ...step, needs: ["c"] } },
  });
  const name = createRun("upgrade");
  await eventually("the first node", () => (getRun(name).status.nodes?.a?.state === "Running" ? true : undefined));
  // Another revision of the release with the same images: every operator pod is replaced.
  helm("upgrade", "kelt", `${ROOT}helm`, "--reuse-values", "--set", `podAnnotations.upgraded=r${Date.now()}`, "--wait");
  const run = await finishedRun(name);
  expect(verdictOf(run), JSON.stringify(run.status.nodes)).toBe("True Succeeded");
  expect([...jobsOf(run)].sort()).toEqual(["a/1", "b/1", "c/1", "d/1"]);
  mustKubectl(["delete", "pipeline", "upgrade", "-n", DEMO]);
});
