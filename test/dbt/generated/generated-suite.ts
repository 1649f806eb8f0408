import { afterAll, beforeAll, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../support/servers/postgres.ts";
import { KELT } from "../engine/kelt.ts";
import { type RealDbt, startRealDbt } from "../engine/real-dbt.ts";
import { compareEvidence, formatDifferences } from "../harness/compare.ts";
import { collectEvidence } from "../harness/evidence.ts";
import { keptEvidence } from "../harness/kept-evidence.ts";
import { generatedScenario } from "./generated-project.ts";

/** Compares the projects of some seeds. Python starts when a project's evidence is not kept yet. */
export function compareGeneratedProjects(seeds: readonly number[]): void {
  let server: PostgresServer;
  let dbt: Promise<RealDbt> | undefined;
  const realDbt = () => {
    dbt ??= startRealDbt();
    return dbt;
  };
  beforeAll(async () => {
    server = await startPostgres({ timezone: "UTC" });
  });
  afterAll(async () => {
    await (await dbt)?.[Symbol.asyncDispose]();
    await server?.stop();
  });

  test.each(seeds)("the project of seed %i has the same statements, results and relations with kelt", async (seed) => {
    const scenario = generatedScenario(seed);
    const expected = await keptEvidence(scenario, async () => collectEvidence(scenario, await realDbt(), server));
    const found = await collectEvidence(scenario, KELT, server);
    expect(formatDifferences(compareEvidence(expected, found, { expected: "dbt", found: "kelt" }))).toBe("");
  });
}
