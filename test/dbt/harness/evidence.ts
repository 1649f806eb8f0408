import { cpSync, existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";
import type { PostgresServer } from "../../support/servers/postgres.ts";
import { type Catalog, type RelationFacts, readCatalog } from "./catalog.ts";
import type { Engine, NodeResult, SentStatement } from "./engine.ts";
import { normalStatement, type Period, withoutTheMoment } from "./normal-form.ts";
import type { Scenario, Step } from "./scenario.ts";
import { openWarehouse, type Warehouse } from "./warehouse.ts";

/** What an engine did in one step, and what is in the database after it; without what differs each time. */
export interface StepEvidence {
  readonly title: string;
  readonly problem: string | undefined;
  readonly results: ReadonlyMap<string, NodeResult>;
  /** Of the nodes alone, each in its order. */
  readonly statements: ReadonlyMap<string, readonly string[]>;
  readonly relations: Catalog;
}

/** Where projects of both kinds of changes lie. */
const FILES = { project: "project", before: "before.sql", changes: "changes", between: "between.sql" } as const;

/** Runs all steps of a scenario with an engine, in a database that is made for it and removed. */
export async function collectEvidence(
  scenario: Scenario,
  engine: Engine,
  server: PostgresServer,
): Promise<readonly StepEvidence[]> {
  await using warehouse = await openWarehouse(server);
  const project = join(temporaryDirectory(`dbt-${scenario.name}`), "project");
  cpSync(join(scenario.folder, FILES.project), project, { recursive: true });
  await runFile(warehouse, join(scenario.folder, FILES.before));
  const evidence: StepEvidence[] = [];
  const began = Date.now();
  for (const [index, step] of scenario.steps.entries()) {
    if (step.afterChanges) {
      const changes = join(scenario.folder, FILES.changes);
      if (existsSync(changes)) cpSync(changes, project, { recursive: true });
      await runFile(warehouse, join(scenario.folder, FILES.between));
    }
    evidence.push(await collectStep(index + 1, step, { scenario, engine, warehouse, project, began }));
  }
  return evidence;
}

interface Scene {
  readonly scenario: Scenario;
  readonly engine: Engine;
  readonly warehouse: Warehouse;
  readonly project: string;
  /** When the first step began: rows of a step keep their times in later ones. */
  readonly began: number;
}

async function collectStep(number: number, step: Step, scene: Scene): Promise<StepEvidence> {
  const { scenario, engine, warehouse, project, began: from } = scene;
  const target = warehouse.target(scenario.target, scenario.threads);
  const outcome = await engine.run({ project, target, command: step.command, options: step.options });
  const period = { from, to: Date.now() };
  const catalog = await readCatalog(warehouse, scenario.volatile);
  return {
    title: `step ${number} (${step.command})`,
    problem: outcome.problem,
    results: new Map(outcome.results.map((result) => [result.node, normalResult(result, period)])),
    statements: byNode(outcome.statements, new Set(outcome.results.map(({ node }) => node)), period),
    relations: new Map([...catalog].map(([name, facts]) => [name, normalFacts(facts, period)])),
  };
}

async function runFile(warehouse: Warehouse, file: string): Promise<void> {
  if (existsSync(file)) await warehouse.query(readFileSync(file, "utf8"));
}

/** Statements that belong to no node, such as those that fill the cache, are the engine's own business. */
function byNode(
  statements: readonly SentStatement[],
  nodes: ReadonlySet<string>,
  period: Period,
): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, string[]>();
  for (const { node, sql } of statements) {
    if (!nodes.has(node)) continue;
    const own = all.get(node) ?? [];
    all.set(node, own);
    own.push(normalStatement(node, sql, period));
  }
  return all;
}

function normalResult(result: NodeResult, period: Period): NodeResult {
  if (result.compiled === undefined) return result;
  return { ...result, compiled: withoutTheMoment(result.compiled, period) };
}

function normalFacts(facts: RelationFacts, period: Period): RelationFacts {
  const rows = facts.rows.map((row) => withoutTheMoment(row, period)).sort();
  return { ...facts, rows, definition: withoutTheMoment(facts.definition, period) };
}
