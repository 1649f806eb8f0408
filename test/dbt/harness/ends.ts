import type { StepEvidence } from "./evidence.ts";

/** What a node ends with when all is well. */
const WELL = new Set(["success", "pass", "no-op"]);

/** The nodes of a step that ended otherwise than well, by status, in order; names of tests without the hash that dbt puts behind them. */
export function endsOf({ results }: StepEvidence): Readonly<Record<string, readonly string[]>> {
  const ends: Record<string, string[]> = {};
  for (const { node, status } of results.values()) {
    if (WELL.has(status)) continue;
    ends[status] = [...(ends[status] ?? []), node.replace(/\.[0-9a-f]{10}$/, "")];
  }
  return sorted(ends);
}

/** The same record with its lists sorted. */
export function sorted(ends: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, readonly string[]>> {
  return Object.fromEntries(Object.entries(ends).map(([status, nodes]) => [status, [...nodes].sort()]));
}
