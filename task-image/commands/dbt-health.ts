import type { TaskHealth } from "#api/health.ts";
import type { Manifest, ManifestNode } from "../dbt/manifest/node.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";
import type { RunInput } from "../dbt/run/run-input.ts";
import { databaseFailure } from "../postgres/failure.ts";
import type { Session } from "../postgres/session.ts";
import type { CommandContext } from "./command.ts";

type Read = Pick<RunInput, "manifest" | "selected" | "does">;

/**
 * How well the models that a run takes are tested and described, and how fresh its sources are. Columns are those that the models have
 * in the warehouse; where they cannot be read that is said, and nothing is counted.
 */
export async function projectHealth(
  { manifest, selected, does }: Read,
  results: readonly NodeResult[],
  { session, log }: { readonly session: Promise<Session> } & Pick<CommandContext, "log">,
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
    ...(await describedColumns(models, session, log)),
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
  session: Promise<Session>,
  log: CommandContext["log"],
): Promise<TaskHealth> {
  try {
    const { rows } = await (await session).query<{ schema: string; relation: string; column: string }>(
      `SELECT n.nspname AS schema, c.relname AS relation, a.attname AS column
       FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS model (schema, name)
       JOIN pg_catalog.pg_namespace n ON n.nspname = model.schema
       JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = model.name
       JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`,
      [models.map(({ schema }) => schema), models.map(({ alias }) => alias)],
    );
    if (rows.length === 0) return {};
    const described = new Set(models.flatMap(describedOf));
    const good = rows.filter(({ schema, relation, column }) => described.has(keyOf(schema, relation, column)));
    return { columns: { good: good.length, of: rows.length } };
  } catch (error) {
    const { message } = databaseFailure(error, "reading the columns of the models");
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
