import { type ConnectionEntry, secretOf } from "../api/connection.ts";
import { manifestKey } from "../api/extract.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import {
  CONNECTIONS_DIRECTORY,
  CONTRACT_VERSION,
  type TaskConnection,
  type TaskSpec,
  type TaskWork,
} from "../api/task.ts";
import { connectionUses } from "../graph/references.ts";

/** The names of the connections that a node's pod gets, each once. */
export function connectionsOf(node: PipelineNode): string[] {
  return [...new Set(connectionUses(node).map((use) => use.connection))];
}

/** What one attempt of a node is told. A container node is told nothing: it is the user's own program. */
export function taskSpecOf(
  run: TaskSpec["run"],
  { name, node, attempt }: { readonly name: string; readonly node: PipelineNode; readonly attempt: number },
  { connections = {}, nodes }: Pick<PipelineSpec, "connections" | "nodes">,
): TaskSpec | undefined {
  const work = workOf(node, nodes);
  if (work === undefined) return undefined;
  const used = connectionsOf(node).map((key) => [key, taskConnection(key, connections[key] ?? {})] as const);
  return { version: CONTRACT_VERSION, run, node: name, attempt, connections: Object.fromEntries(used), work };
}

function workOf(node: PipelineNode, nodes: PipelineSpec["nodes"]): TaskWork | undefined {
  if (node.extract) return { verb: "extract", extract: node.extract };
  if (node.load) {
    const source = nodes[node.load.from.node ?? ""]?.extract;
    const manifest = source === undefined ? {} : { manifest: manifestKey(source.to) };
    return { verb: "load", load: node.load, ...manifest };
  }
  if (node.transform) return { verb: "transform", transform: node.transform };
  if (node.test) return { verb: "test", test: node.test };
  return undefined;
}

/** A connection as a pod that mounts it sees it. */
export function taskConnection(name: string, entry: ConnectionEntry): TaskConnection {
  const secretName = secretOf(entry);
  const secret = secretName === undefined ? {} : { secretName, secretDirectory: `${CONNECTIONS_DIRECTORY}/${name}` };
  if (entry.snowflake !== undefined) return { kind: "snowflake", ...secret, ...withoutSecretRef(entry.snowflake) };
  if (entry.s3 !== undefined) return { kind: "s3", ...secret, ...withoutSecretRef(entry.s3) };
  if (entry.http !== undefined) return { kind: "http", ...secret, ...withoutSecretRef(entry.http) };
  if (entry.redshift !== undefined) return { kind: "redshift", ...secret, ...withoutSecretRef(entry.redshift) };
  if (entry.files !== undefined) {
    const { configMap } = entry.files;
    const directory = `${CONNECTIONS_DIRECTORY}/${name}`;
    return { kind: "files", directory, ...(configMap === undefined ? {} : { configMap }) };
  }
  return { kind: "postgres", ...secret, ...withoutSecretRef(entry.postgres ?? {}) };
}

function withoutSecretRef<T extends { readonly secretRef?: string | undefined }>({ secretRef: _, ...options }: T) {
  return options;
}
