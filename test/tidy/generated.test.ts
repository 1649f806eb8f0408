import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { findDrift } from "../../config/tools/generate/drift.ts";
import { generatedFiles } from "../../config/tools/generate/generated-files.ts";
import { ROOT } from "../support/cluster/chart.ts";

test("every generated file is what `npm run generate` writes", async () => {
  expect(await findDrift(ROOT, generatedFiles())).toEqual([]);
});

test("a missing file and a changed one are found, an equal one is not", async () => {
  const root = await mkdtemp(join(tmpdir(), "kelt-drift-"));
  try {
    await writeFile(join(root, "equal"), "a");
    await writeFile(join(root, "changed"), "b");
    const files = new Map(["equal", "changed", "missing"].map((path) => [path, "a"]));
    expect(await findDrift(root, files)).toEqual([
      { path: "changed", found: "something else" },
      { path: "missing", found: "nothing" },
    ]);
  } finally {
    await rm(root, { recursive: true });
  }
});
