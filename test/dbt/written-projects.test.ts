import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../support/servers/postgres.ts";
import { type RealDbt, startRealDbt } from "./engine/real-dbt.ts";
import { endsOf, sorted } from "./harness/ends.ts";
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

describe.each(writtenScenarios().map((scenario) => [scenario.name, scenario] as const))("project %s", (_, scenario) => {
  test("ends with real dbt as it says", async () => {
    const evidence = await collectEvidence(scenario, dbt, server);
    const found = evidence.map((step) => ({ title: step.title, problem: step.problem, ends: endsOf(step) }));
    const meant = evidence.map(({ title }, index) => ({
      title,
      problem: undefined,
      ends: sorted(scenario.steps[index]?.ends ?? {}),
    }));
    expect(found).toEqual(meant);
  });
});
