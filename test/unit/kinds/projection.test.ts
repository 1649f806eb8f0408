import { expect, test } from "vitest";
import { project } from "../../../operator/kinds/kinds.ts";
import { aMeta } from "../../support/manifests/make.ts";

const filled = (size: number) => ({
  suspend: true,
  history: { failed: 3 },
  connections: { lake: { ref: "shared-lake" }, other: { postgres: {} }, again: { ref: "shared-lake" } },
  nodes: { a: { container: { command: ["/bin/true"], env: { BIG: "x".repeat(size) } } } },
});

test("a cache keeps of a Pipeline what decisions ask for all the time, however large its spec is", () => {
  const keep = (spec: unknown) => project("Pipeline", { metadata: aMeta(), spec, status: { activeRuns: 1 } });
  const kept = keep(filled(400_000));
  expect(kept).toEqual({
    metadata: expect.objectContaining({ name: "films-1", generation: 1 }),
    status: { activeRuns: 1 },
    outline: { suspend: true, history: { failed: 3 }, references: ["shared-lake"] },
  });
  expect(JSON.stringify(kept).length).toBe(JSON.stringify(keep(filled(0))).length);
});

test.each([[undefined], [null], ["text"], [{ connections: [] }], [{ connections: { a: null, b: 1, c: { ref: 2 } } }]])(
  "a spec that is no spec has an outline too: %j",
  (spec) => {
    expect(project("Pipeline", { metadata: aMeta(), spec }).outline).toEqual({ references: [] });
  },
);

test("a cache keeps nothing of a copy of a spec but its metadata", () => {
  const kept = project("ControllerRevision", { metadata: aMeta(), data: filled(10) });
  expect(Object.keys(kept)).toEqual(["metadata"]);
});
