import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/servers/postgres.ts";
import { KELT } from "./engine/kelt.ts";
import { type RealDbt, startRealDbt } from "./engine/real-dbt.ts";
import { compareEvidence, formatDifferences } from "./harness/compare.ts";
import { collectEvidence } from "./harness/evidence.ts";
import { writtenScenarios } from "./harness/scenario.ts";

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

test.each(writtenScenarios().map((scenario) => [scenario.name, scenario] as const))(
  "project %s: the same statements, results and relations as with real dbt",
  async (_, scenario) => {
    const expected = await collectEvidence(scenario, dbt, server);
    const found = await collectEvidence(scenario, KELT, server);
    const differences = compareEvidence(expected, found, { expected: "dbt", found: "kelt" });
    expect(formatDifferences(differences)).toBe("");
  },
);
