import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";

type Load = NonNullable<PipelineNode["load"]>;

/** The target tables of a load, as far as its manifest says them: names, and patterns that stand for any number of them. */
export interface LoadTables {
  readonly names: readonly string[];
  readonly patterns: readonly string[];
}

/** Undefined where only a run can say which tables there are, such as those of a node that does not exist. */
export function tablesOfLoad({ from, to }: Load, nodes: PipelineSpec["nodes"]): LoadTables | undefined {
  if (to.table !== undefined) return { names: [to.table], patterns: [] };
  if (from.files !== undefined) return { names: Object.keys(from.files), patterns: [] };
  const selected = from.node === undefined ? from.tables : nodes[from.node]?.extract?.from.tables;
  if (selected === undefined) return undefined;
  // What stands before the first dot is the source's schema: tables keep their own names.
  const tables = selected.map((name) => name.slice(name.indexOf(".") + 1));
  return {
    names: tables.filter((table) => !table.includes("*")),
    patterns: tables.filter((table) => table.includes("*")),
  };
}

/** Whether a table may be one of them. */
export function mayHaveTable({ names, patterns }: LoadTables, table: string): boolean {
  return names.includes(table) || patterns.some((pattern) => matches(pattern, table));
}

/** Whether a name is what a pattern stands for: `*` is any text. Linear in both, whatever the pattern is. */
function matches(pattern: string, name: string): boolean {
  const pieces = pattern.split(/\*+/);
  const first = pieces[0] ?? "";
  const last = pieces.at(-1) ?? "";
  if (name.length < first.length + last.length || !name.startsWith(first) || !name.endsWith(last)) return false;
  const end = name.length - last.length;
  let at = first.length;
  for (const piece of pieces.slice(1, -1)) {
    const found = name.indexOf(piece, at);
    if (found < 0 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
