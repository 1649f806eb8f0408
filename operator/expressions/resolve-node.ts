import type { ConnectionEntry } from "../api/connection.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { namesIn, type RunValues, resolveText, resolveWhole } from "./expression.ts";
import { type Mapped, mapTexts, type Place, placeOfConnection, placeOfNode, textsIn } from "./places.ts";
import { resolveSql, type SqlDialect } from "./sql-text.ts";
import { readName } from "./values.ts";

type Path = readonly (string | number)[];
type SystemsAndNodes = Pick<PipelineSpec, "connections" | "nodes">;

/** The spec as one node's Job is made from it: the expressions of that node, of the node whose files it loads, and of connections in their places. */
export function resolveNode(spec: PipelineSpec, name: string, run: RunValues): PipelineSpec {
  const source = spec.nodes[name]?.load?.from.node;
  return resolved(spec, [name, ...(source === undefined ? [] : [source])], run);
}

/** The whole spec with the expressions that have a value in their places. */
export function resolveSpec(spec: PipelineSpec, run: RunValues): PipelineSpec {
  return resolved(spec, Object.keys(spec.nodes), run);
}

function resolved(spec: PipelineSpec, names: readonly string[], run: RunValues): PipelineSpec {
  const nodes = changed(spec.nodes, names, (node) =>
    withValues<PipelineNode>(node, placeOfNode, run, dialectOf(node, spec.connections)),
  );
  const entries = spec.connections ?? {};
  const connections = changed(entries, Object.keys(entries), (entry) =>
    withValues<ConnectionEntry>(entry, placeOfConnection, run),
  );
  if (nodes === spec.nodes && connections === entries) return spec;
  return { ...spec, ...(connections === entries ? {} : { connections }), nodes };
}

function changed<T>(
  map: Readonly<Record<string, T>>,
  names: readonly string[],
  change: (entry: T) => T,
): Record<string, T> {
  const entries = names.flatMap((name) => {
    const entry = map[name];
    const after = entry === undefined ? undefined : change(entry);
    return after === undefined || after === entry ? [] : [[name, after] as const];
  });
  return entries.length === 0 ? map : { ...map, ...Object.fromEntries(entries) };
}

/** How the warehouse reads strings that a node's SQL goes to. */
function dialectOf({ load, test }: PipelineNode, connections: PipelineSpec["connections"] = {}): SqlDialect {
  const { redshift, snowflake } = connections[load?.from.connection ?? test?.connection ?? ""] ?? {};
  if (snowflake !== undefined) return "snowflake";
  return redshift === undefined ? "postgres" : "redshift";
}

function withValues<T>(
  part: T,
  placeOf: (path: Path) => Place | undefined,
  run: RunValues,
  dialect: SqlDialect = "postgres",
): T {
  return mapTexts(part, (text, path) => {
    const place = text.includes("$(") ? placeOf(path) : undefined;
    if (place === undefined) return { value: text };
    return place.piece === "sql" ? { value: resolveSql(text, run, dialect) } : mapped(text, place, run);
  });
}

function mapped(text: string, { whole: becomes, alone }: Place, run: RunValues): Mapped {
  const whole = becomes === undefined ? undefined : resolveWhole(text, run);
  if (whole === undefined) return { value: alone === true ? text : resolveText(text, run) };
  if (whole === null) return "gone";
  if (typeof whole === "object") return { items: becomes === "text" ? whole.map(String) : whole };
  return { value: becomes === "text" ? String(whole) : whole };
}

/** An expression of a spec: the name that it speaks of, and where it stands. */
export interface Named {
  readonly path: Path;
  readonly name: string;
}

/** The expressions of a node, by their paths below the node. */
export function namedByNode(node: PipelineNode): readonly Named[] {
  return named(node, placeOfNode);
}

function named(part: unknown, placeOf: (path: Path) => Place | undefined): readonly Named[] {
  return textsIn(part).flatMap(({ path, text }) => {
    const names = namesIn(text);
    return names.length === 0 || placeOf(path) === undefined ? [] : names.map((name) => ({ path, name }));
  });
}

/** Every expression of a spec. */
export function namedBySpec({ connections = {}, nodes }: SystemsAndNodes): readonly Named[] {
  const below = (at: string, map: Readonly<Record<string, unknown>>, placeOf: (path: Path) => Place | undefined) =>
    Object.entries(map).flatMap(([key, part]) =>
      named(part, placeOf).map(({ path, name }) => ({ path: ["spec", at, key, ...path], name })),
    );
  return [...below("connections", connections, placeOfConnection), ...below("nodes", nodes, placeOfNode)];
}

/** The nodes whose results a node names: it waits for them. */
export function resultsNamedBy(node: PipelineNode): readonly string[] {
  return namedByNode(node).flatMap(({ name }) => {
    const read = readName(name);
    return read?.of === "nodes" ? [read.node] : [];
  });
}

/** The first place of a spec that names the run's interval, as `nodes[raw].load.range.from`; undefined where none does. */
export function usesInterval(spec: SystemsAndNodes): Path | undefined {
  return namedBySpec(spec).find(({ name }) => name.startsWith("run.interval."))?.path;
}
