import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type PostgresServer, startPostgres } from "../../support/servers/postgres.ts";
import { KELT } from "../engine/kelt.ts";
import { type RealDbt, startRealDbt } from "../engine/real-dbt.ts";
import { compareEvidence, formatDifferences } from "./compare.ts";
import { endsOf, sorted } from "./ends.ts";
import { collectEvidence, type StepEvidence } from "./evidence.ts";
import { type Scenario, writtenScenarios } from "./scenario.ts";

/**
 * Runs every second of the written projects, from the `first` on, with real dbt and with kelt. Each half is a file, so that both run at
 * once.
 */
export function compareWrittenProjects(first: 0 | 1): void {
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
  const half = writtenScenarios().filter((_, index) => index % 2 === first);
  describe.each(half.map((scenario) => [scenario.name, scenario] as const))("project %s", (_, scenario) => {
    let asked: Promise<readonly StepEvidence[]> | undefined;
    const ofDbt = () => {
      asked ??= collectEvidence(scenario, dbt, server);
      return asked;
    };

    test("ends with real dbt as it says", async () => {
      const expected = await ofDbt();
      const found = expected.map((step) => ({ title: step.title, problem: step.problem, ends: endsOf(step) }));
      expect(found).toEqual(meantBy(scenario, expected));
    });

    test("has the same statements, results and relations with kelt", async () => {
      const found = await collectEvidence(scenario, KELT, server);
      const differences = compareEvidence(await ofDbt(), found, { expected: "dbt", found: "kelt" });
      expect(formatDifferences(differences)).toBe("");
    });
  });
}

function meantBy({ steps }: Scenario, evidence: readonly StepEvidence[]) {
  return evidence.map(({ title }, index) => ({ title, problem: undefined, ends: sorted(steps[index]?.ends ?? {}) }));
}
