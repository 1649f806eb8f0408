import { type ConnectionEntry, type ConnectionSpec, serviceAccountOf } from "../api/connection.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import type { ConnectionUse } from "../api/verbs/verb.ts";
import { verbOf } from "../api/verbs/verbs.ts";
import { namesIn } from "../expressions/expression.ts";
import { textsIn } from "../expressions/places.ts";
import { resultsNamedBy } from "../expressions/resolve-node.ts";
import { readName } from "../expressions/values.ts";
import { listed } from "./listing.ts";
import { formatPath, type Problem } from "./problem.ts";

/** Every place of a node that names a connection. */
export function connectionUses(node: PipelineNode): readonly ConnectionUse[] {
  const verb = verbOf(node);
  return verb === undefined ? [] : verb.entry.connections(verb.said);
}

/** The nodes that a node waits for: those it says it needs, the one whose files it loads, and those whose results it names. */
export function needsOf(node: PipelineNode): readonly string[] {
  const verb = verbOf(node);
  return [...new Set([...(node.needs ?? []), ...(verb?.entry.needs?.(verb.said) ?? []), ...resultsNamedBy(node)])];
}

/** Names in the spec that stand for nothing: needs that are no other node, connections that the pipeline does not have. */
export function findReferenceProblems(spec: PipelineSpec): Problem[] {
  return Object.entries(spec.nodes).flatMap(([name, node]) => [
    ...needProblems(name, node, Object.keys(spec.nodes)),
    ...extractProblems(name, node, spec.nodes),
    ...connectionProblems(name, node, spec.connections ?? {}),
    ...accountProblems(name, node, spec.connections ?? {}),
  ]);
}

function needProblems(name: string, node: PipelineNode, nodes: readonly string[]): Problem[] {
  const needs = node.needs ?? [];
  return needs.flatMap((need, index): Problem[] => {
    const path = ["spec", "nodes", name, "needs", index];
    if (need === name) return [{ reason: "UnknownReference", path, message: "a node cannot need itself" }];
    if (!nodes.includes(need)) return [{ reason: "UnknownReference", path, message: unknown("node", need, nodes) }];
    if (needs.indexOf(need) === index) return [];
    return [{ reason: "InvalidSpec", path, message: `${need} is named twice; name it once` }];
  });
}

/** What is wrong with the node whose files a load takes. */
function extractProblems(name: string, { load }: PipelineNode, nodes: PipelineSpec["nodes"]): Problem[] {
  const source = load?.from.node;
  if (load === undefined || source === undefined) return [];
  const path = ["spec", "nodes", name, "load", "from", "node"];
  const to = source === name ? undefined : nodes[source]?.extract?.to;
  if (to?.connection === undefined) {
    const writers = Object.keys(nodes).filter((key) => nodes[key]?.extract?.to.connection !== undefined);
    return [
      { reason: "UnknownReference", path, message: unknown("node that extracts into a bucket", source, writers) },
    ];
  }
  if (to.connection !== load.from.connection) {
    const message = `node ${source} extracts into connection ${to.connection}, and ${load.from.connection} is read; name the same`;
    return [{ reason: "InvalidSpec", path: [...path.slice(0, -1), "connection"], message }];
  }
  if ((to.key === undefined) === (load.to.table === undefined)) return [];
  const message =
    to.key === undefined
      ? `node ${source} extracts tables, which keep their own names; leave table out`
      : `node ${source} extracts into one object; name the table that it is loaded into`;
  return [{ reason: "InvalidSpec", path: ["spec", "nodes", name, "load", "to", "table"], message }];
}

function connectionProblems(
  name: string,
  node: PipelineNode,
  connections: NonNullable<PipelineSpec["connections"]>,
): Problem[] {
  return connectionUses(node).flatMap(({ path, connection, kinds }): Problem[] => {
    const at = ["spec", "nodes", name, ...path];
    const entry = connections[connection];
    if (entry === undefined) {
      const message = unknown("connection", connection, Object.keys(connections));
      return [{ reason: "UnknownReference", path: at, message }];
    }
    // What a Connection resource is shows when the run begins: it may come later than the Pipeline.
    if (entry.ref !== undefined || kinds === undefined || kinds.some((kind) => entry[kind] !== undefined)) return [];
    const found = Object.keys(entry).join(" and ");
    const message = `expected a connection of kind ${kinds.join(" or ")}, found ${connection}, which is of kind ${found}`;
    return [{ reason: "InvalidSpec", path: at, message }];
  });
}

/** A pod runs as one service account: the connections of a node that name one name the same, and so does the node itself. */
function accountProblems(
  name: string,
  node: PipelineNode,
  connections: NonNullable<PipelineSpec["connections"]>,
): Problem[] {
  const named = connectionUses(node).flatMap(({ path, connection }) => {
    const account = serviceAccountOf(connections[connection] ?? {});
    return account === undefined
      ? []
      : [{ path, account, place: accountPlace(connection, connections[connection] ?? {}) }];
  });
  const own = node.pod?.serviceAccountName;
  const ownPath = ["pod", "serviceAccountName"];
  if (own !== undefined) {
    named.push({ path: ownPath, account: own, place: formatPath(["spec", "nodes", name, ...ownPath]) });
  }
  const [first] = named;
  const other = named.find(({ account }) => account !== first?.account);
  if (first === undefined || other === undefined) return [];
  const message = `${other.place} is ${other.account}, and ${first.place} of the same node is ${first.account}, but a Job runs as one account; name the same, or use secretRef for one of them`;
  return [{ reason: "InvalidSpec", path: ["spec", "nodes", name, ...other.path], message }];
}

function accountPlace(connection: string, entry: ConnectionEntry): string {
  const kind = Object.keys(entry)[0] ?? "";
  return formatPath(["spec", "connections", connection, kind, "serviceAccountName"]);
}

function unknown(kind: string, name: string, known: readonly string[]): string {
  const list = known.length === 0 ? "there are none" : `there are ${listed(known, 300)}`;
  return `no ${kind} is called ${name}; ${list}`;
}

/** Replaces references to Connection resources by what those resources say, or tells which do not exist. */
export function resolveConnections(
  spec: PipelineSpec,
  resources: ReadonlyMap<string, ConnectionSpec>,
): { readonly spec: PipelineSpec; readonly problems: readonly Problem[] } {
  const entries = Object.entries(spec.connections ?? {});
  if (entries.every(([, { ref }]) => ref === undefined)) return { spec, problems: [] };
  const problems: Problem[] = [];
  const connections: NonNullable<PipelineSpec["connections"]> = {};
  for (const [name, entry] of entries) {
    if (entry.ref === undefined) {
      connections[name] = entry;
      continue;
    }
    const resource = resources.get(entry.ref);
    const named = resource === undefined ? undefined : expressionIn(resource);
    if (named !== undefined) {
      const message = `Connection ${entry.ref} says $(${named}), which has a value in connections that the Pipeline writes itself alone`;
      problems.push({ reason: "InvalidSpec", path: ["spec", "connections", name, "ref"], message });
    } else if (resource === undefined) {
      const message = `no Connection called ${entry.ref} exists in this namespace; create it or write the connection inline`;
      problems.push({ reason: "UnknownReference", path: ["spec", "connections", name, "ref"], message });
    } else {
      connections[name] = resource;
    }
  }
  return { spec: { ...spec, connections }, problems };
}

function expressionIn(resource: ConnectionSpec): string | undefined {
  const names = textsIn(resource).flatMap(({ text }) => namesIn(text));
  return names.find((name) => readName(name) !== undefined);
}
