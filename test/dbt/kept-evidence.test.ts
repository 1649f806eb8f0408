import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import type { StepEvidence } from "./harness/evidence.ts";
import { keptEvidence } from "./harness/kept-evidence.ts";
import { readScenario } from "./harness/scenario.ts";

const EVIDENCE: StepEvidence = {
  title: "step 1 (build)",
  problem: undefined,
  results: new Map([
    ["model.lab.a", { node: "model.lab.a", status: "success", failures: null, rowsAffected: 1, message: "" }],
  ]),
  statements: new Map([["model.lab.a", ["select 1"]]]),
  relations: new Map(),
};

function kept(problem?: string) {
  const folder = temporaryDirectory("kept-evidence");
  const project = temporaryDirectory("kept-project");
  let collected = 0;
  const ask = () =>
    keptEvidence(
      readScenario("seed-1", project),
      () => {
        collected += 1;
        return Promise.resolve([{ ...EVIDENCE, problem }]);
      },
      folder,
    );
  return { ask, project, files: () => readdirSync(folder), collected: () => collected };
}

test("evidence is collected once for the content of a project, and reads as it was", async () => {
  const { ask, collected } = kept();
  const first = await ask();
  expect(await ask()).toEqual(first);
  expect(collected()).toBe(1);
});

test("evidence of a project that has changed is collected anew, and takes the place of the old one", async () => {
  const { ask, project, files, collected } = kept();
  await ask();
  const [before] = files();
  writeFileSync(join(project, "before.sql"), "select 1");
  await ask();
  expect(collected()).toBe(2);
  expect(files()).toHaveLength(1);
  expect(files()).not.toContain(before);
});

test("what dbt could not run is not kept", async () => {
  const { ask, files, collected } = kept("no profile");
  await ask();
  await ask();
  expect(collected()).toBe(2);
  expect(files()).toEqual([]);
});
