import { join } from "node:path";
import { Command } from "commander";
import { startPostgres } from "../../support/servers/postgres.ts";
import { KELT } from "../engine/kelt.ts";
import { startRealDbt } from "../engine/real-dbt.ts";
import { compareEvidence, formatDifferences } from "../harness/compare.ts";
import { collectEvidence } from "../harness/evidence.ts";
import { keptEvidence } from "../harness/kept-evidence.ts";
import { generatedScenario } from "./generated-project.ts";

interface Wanted {
  readonly seed: number;
  readonly seeds: number;
  readonly folder?: string;
}

/** Compares the projects of many seeds, and says of each what differs. */
async function main({ seed, seeds, folder }: Wanted): Promise<number> {
  await using server = await startPostgres({ timezone: "UTC" });
  await using dbt = await startRealDbt();
  let different = 0;
  for (let each = seed; each < seed + seeds; each += 1) {
    const scenario =
      folder === undefined ? generatedScenario(each) : generatedScenario(each, join(folder, String(each)));
    const expected = await keptEvidence(scenario, () => collectEvidence(scenario, dbt, server));
    const found = await collectEvidence(scenario, KELT, server);
    const differences = compareEvidence(expected, found, { expected: "dbt", found: "kelt" });
    const counts = expected.map(({ results, problem }) => problem ?? countOf([...results.values()]));
    process.stdout.write(`seed ${each}: ${differences.length} differences: ${counts.join("; ")}\n`);
    if (differences.length > 0) process.stdout.write(`${formatDifferences(differences)}\n\n`);
    different += differences.length > 0 ? 1 : 0;
  }
  return different === 0 ? 0 : 1;
}

function countOf(results: readonly { readonly status: string }[]): string {
  const counts = new Map<string, number>();
  for (const { status } of results) counts.set(status, (counts.get(status) ?? 0) + 1);
  return [...counts].map(([status, count]) => `${count} ${status}`).join(", ");
}

const number = (text: string) => Number.parseInt(text, 10);
const command = new Command("compare")
  .description("compares generated dbt projects with real dbt and with kelt")
  .option("--seed <number>", "the first seed", number, 1)
  .option("--seeds <number>", "how many seeds", number, 10)
  .option("--folder <path>", "where to leave the projects");
process.exitCode = await main(command.parse().opts());
