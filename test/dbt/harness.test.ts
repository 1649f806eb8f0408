import { cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { temporaryDirectory } from "../support/machine/temporary-directory.ts";
import { type PostgresServer, startPostgres } from "../support/servers/postgres.ts";
import { type RealDbt, startRealDbt } from "./engine/real-dbt.ts";
import { compareEvidence, formatDifferences } from "./harness/compare.ts";
import type { Engine } from "./harness/engine.ts";
import { collectEvidence, type StepEvidence } from "./harness/evidence.ts";
import { readScenario, type Scenario, writtenScenarios } from "./harness/scenario.ts";

// The comparison proves nothing unless it finds what differs, and nothing where nothing does.

let server: PostgresServer;
let dbt: RealDbt;
beforeAll(async () => {
  server = await startPostgres({ timezone: "UTC" });
  dbt = await startRealDbt();
});
afterAll(async () => {
  await dbt?.[Symbol.asyncDispose]();
  await server?.stop();
});

const sides = { expected: "dbt", found: "other" };

function written(name: string): Scenario {
  const found = writtenScenarios().find((scenario) => scenario.name === name);
  if (found === undefined) throw new Error(`there is no project ${name}`);
  return found;
}

/** A written project in which one file says something else. */
function mutated(name: string, file: string, change: (text: string) => string): Scenario {
  const folder = join(temporaryDirectory("mutated"), name);
  mkdirSync(folder);
  cpSync(written(name).folder, folder, { recursive: true });
  const text = readFileSync(join(folder, file), "utf8");
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(join(folder, file), changed);
  return readScenario(name, folder);
}

/** What dbt does with a written project in its first step, asked once. */
const originals = new Map<string, Promise<readonly StepEvidence[]>>();
function original(name: string): Promise<readonly StepEvidence[]> {
  const known = originals.get(name) ?? collectEvidence(firstStep(written(name)), dbt, server);
  originals.set(name, known);
  return known;
}

const firstStep = (scenario: Scenario): Scenario => ({ ...scenario, steps: scenario.steps.slice(0, 1) });

async function differencesOf(name: string, other: Scenario, engine: Engine = dbt) {
  const expected = await original(name);
  return compareEvidence(expected, await collectEvidence(firstStep(other), engine, server), sides);
}

describe("the comparison", () => {
  test("finds nothing between two runs of dbt, though their clocks, ids and hashes differ", async () => {
    expect(formatDifferences(await differencesOf("snapshots", written("snapshots")))).toBe("");
    expect(formatDifferences(await differencesOf("incremental", written("incremental")))).toBe("");
  });

  test("finds another statement, where it differs, and the relation that it makes", async () => {
    const other = mutated("layers", "project/models/marts/summary.sql", (text) => text.replace("as seeded", "as sown"));
    const found = await differencesOf("layers", other);
    expect(found.map(({ step, of, about }) => [step, about, of])).toEqual([
      ["step 1 (build)", "result", "model.lab.summary"],
      ["step 1 (build)", "statements", "model.lab.summary"],
      ["step 1 (build)", "relation", "lab.summary"],
    ]);
    expect(found[1]?.words).toMatch(/statement \d of \d \(dbt\) and \d \(other\)[\s\S]*as seeded[\s\S]*as sown/);
    expect(found[2]?.words).toMatch(/columns[\s\S]*seeded bigint[\s\S]*sown bigint/);
  });

  test("finds another row, another verdict, a comment and a right", async () => {
    const row = mutated("layers", "before.sql", (text) => text.replace("'card', 1000", "'card', 2000"));
    expect(formatDifferences(await differencesOf("layers", row))).toMatch(/relation of lab\.orders:\n[\s\S]*rows/);
    const verdict = mutated("checks", "before.sql", (text) =>
      text.replace("(3, 'Chloé', 'Kyiv'", "(3, 'Chloé', 'Rome'"),
    );
    expect(formatDifferences(await differencesOf("checks", verdict))).toMatch(
      /result of test\.lab\.accepted_values_people_city[\s\S]*dbt: fail, 1 failures[\s\S]*other: pass, 0 failures/,
    );
    const right = mutated("hooks", "project/models/granted.yml", (text) =>
      text.replace("[reader, writer]", "[reader]"),
    );
    expect(formatDifferences(await differencesOf("hooks", right))).toMatch(/grants[\s\S]*writer SELECT/);
    const comment = mutated("contracts", "project/models/schema.yml", (text) => text.replace("the id }", "the key }"));
    expect(formatDifferences(await differencesOf("contracts", comment))).toMatch(/columns[\s\S]*-- the key/);
  });

  test("finds a node that one engine leaves out, and a project that one cannot run", async () => {
    const lazy: Engine = {
      name: "lazy",
      run: async (invocation) => {
        const outcome = await dbt.run(invocation);
        return { ...outcome, results: outcome.results.filter(({ node }) => node !== "model.lab.orders") };
      },
    };
    expect(formatDifferences(await differencesOf("layers", written("layers"), lazy))).toContain(
      "step 1 (build), result of model.lab.orders:\nonly dbt has it",
    );
    const broken = mutated("layers", "project/dbt_project.yml", (text) => text.replace("name: lab", "name: 1 2"));
    expect(formatDifferences(await differencesOf("layers", broken))).toContain(
      "problem of the whole:\ndbt: no problem\nother:",
    );
  });
});
