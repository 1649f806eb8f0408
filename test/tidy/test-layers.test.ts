import { expect, test } from "vitest";
import { importsOf, typescriptIn } from "./source-files.ts";

const IMPORTS = new Map(
  typescriptIn("test").map((path) => [
    path,
    importsOf(path)
      .filter(({ typeOnly }) => !typeOnly)
      .map(({ target }) => target),
  ]),
);

/** All that a file imports, and what that imports. */
function reached(path: string, known = new Set<string>()): ReadonlySet<string> {
  for (const target of IMPORTS.get(path) ?? []) {
    if (known.has(target)) continue;
    known.add(target);
    reached(target, known);
  }
  return known;
}

/** Layers run beside each other: one that speaks to the cluster would meet the pods that another one kills. */
test("tests that speak to the cluster are in test/cluster and test/e2e", () => {
  const speaking = typescriptIn("test").filter(
    (path) => path.endsWith(".test.ts") && reached(path).has("test/support/cluster/cluster.ts"),
  );
  expect(speaking.length).toBeGreaterThan(20);
  expect(speaking.filter((path) => !/^test\/(?:cluster|e2e)\//.test(path))).toEqual([]);
});
