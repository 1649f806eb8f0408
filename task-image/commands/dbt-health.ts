import type { TaskHealth } from "#api/health.ts";
import type { Manifest, ManifestNode } from "../dbt/manifest/node.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import type { CommandContext } from "./command.ts";
import type { DbtSessions } from "./dbt-sessions.ts";

type Read = Pick<RunInput, "manifest" | "selected" | "does">;

/**
 * How well the models that a run takes are tested and described, and how fresh its sources are. Columns are those that the models have
 * in the warehouse; where they cannot be read that is said, and nothing is counted.
 */
export async function projectHealth(
  { manifest, selected, does }: Read,
  results: readonly NodeResult[],
  { sessions, log }: { readonly sessions: DbtSessions } & Pick<CommandContext, "log">,
): Promise<TaskHealth> {
  if (does === "freshness") return freshSources(results);
  const models = selected.flatMap((id) => {
    const node = manifest.nodes.get(id);
    return node?.resource_type === "model" ? [node] : [];
  });
  if (does !== "run" || models.length === 0) return {};
  const tested = testedModels(manifest);
  return {
    models: { good: models.filter(({ unique_id: id }) => tested.has(id)).length, of: models.length },
    ...(await describedColumns(models, sessions, log)),
  };
}

function freshSources(results: readonly NodeResult[]): TaskHealth {
  if (results.length === 0) return {};
  return { sources: { good: results.filter(({ status }) => status === "pass").length, of: results.length } };
}

/** Models that a test is about: the one that a generic test is attached to, those that a singular one reads, and those of unit tests. */
export function testedModels({ nodes, unitTests }: Pick<Manifest, "nodes" | "unitTests">): ReadonlySet<string> {
  const byTests = [...nodes.values()].flatMap((node) => {
    if (node.resource_type !== "test") return [];
    return node.attached_node === null ? node.depends_on.nodes : [node.attached_node];
  });
  return new Set([...byTests, ...[...unitTests.values()].flatMap(({ depends_on: { nodes: read } }) => read)]);
}

async function describedColumns(
  models: readonly ManifestNode[],
  sessions: DbtSessions,
  log: CommandContext["log"],
): Promise<TaskHealth> {
  try {
    const keeping = await sessions.forResults();
    const rows = await keeping.columnsOf(models.map(({ schema, alias }) => [schema, alias] as const));
    if (rows.length === 0) return {};
    const described = new Set(models.flatMap(describedOf));
    const good = rows.filter(({ schema, relation, column }) => described.has(keyOf(schema, relation, column)));
    return { columns: { good: good.length, of: rows.length } };
  } catch (error) {
    const { failure } = await sessions.warehouse;
    const { message } = failure(error, "reading the columns of the models");
    log.warn("described columns are not counted", { problem: message });
    return {};
  }
}

function describedOf({ schema, alias, columns }: ManifestNode): readonly string[] {
  return Object.values(columns).flatMap(({ name, description }) =>
    description.trim() === "" ? [] : [keyOf(schema, alias, name)],
  );
}

/** Properties files may write a column in any case. */
function keyOf(schema: string, relation: string, column: string): string {
  return JSON.stringify([schema, relation, column.toLowerCase()]);
}
