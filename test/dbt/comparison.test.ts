import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/postgres.ts";
import { KELT } from "./engine/kelt.ts";
import { type RealDbt, startRealDbt } from "./engine/real-dbt.ts";
import { compareEvidence, formatDifferences } from "./harness/compare.ts";
import { collectEvidence } from "./harness/evidence.ts";
import { writtenScenarios } from "./harness/scenario.ts";

/** Projects in which kelt does something else today, and what. */
const DIFFERENT: Readonly<Record<string, string>> = {
  introspection: "bytea prints as its digits, with dbt as the address of a buffer",
};

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

const scenarios = writtenScenarios();

test("every project that is left out is there", () => {
  const names = scenarios.map(({ name }) => name);
  expect(Object.keys(DIFFERENT).filter((name) => !names.includes(name))).toEqual([]);
});

test.each(scenarios.filter(({ name }) => !(name in DIFFERENT)).map((scenario) => [scenario.name, scenario] as const))(
  "project %s: the same statements, results and relations as with real dbt",
  async (_, scenario) => {
    const expected = await collectEvidence(scenario, dbt, server);
    const found = await collectEvidence(scenario, KELT, server);
    const differences = compareEvidence(expected, found, { expected: "dbt", found: "kelt" });
    expect(formatDifferences(differences)).toBe("");
  },
);
