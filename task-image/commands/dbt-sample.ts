import type { ManifestNode } from "../dbt/manifest/node.ts";
import type { NodeResult } from "../dbt/run/node-result.ts";

/** Half a query is no use: of a longer one the log has the whole. */
const SHOWN_MAX = 480;
const ROWS = 10;

/**
 * A query that shows the rows which break a test: of the table that keeps them, or the test's own. Undefined for other nodes, a test that
 * found no row, and SQL that does not fit into one line.
 */
export function sampleOf(
  { failures, compiledCode }: Pick<NodeResult, "failures" | "compiledCode">,
  node: Pick<ManifestNode, "resource_type" | "relation_name"> | undefined,
): string | undefined {
  if (node?.resource_type !== "test" || (failures ?? 0) === 0) return undefined;
  if (node.relation_name !== null) return `select * from ${node.relation_name} limit ${ROWS}`;
  const sql = (compiledCode ?? "").trim();
  // A comment would swallow what stands behind it, and a string may hold the line's end.
  if (sql === "" || sql.includes("--") || /'[^']*\n/.test(sql.replace(/'[^'\n]*'/g, ""))) return undefined;
  const line = sql.replace(/\s*\n\s*/g, " ");
  return line.length > SHOWN_MAX ? undefined : line;
}
