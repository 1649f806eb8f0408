import { type ConnectionEntry, secretOf } from "../api/connection.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import {
  CONNECTION_KINDS,
  CONNECTIONS_DIRECTORY,
  CONTRACT_VERSION,
  type TaskConnection,
  type TaskSpec,
  type TaskWork,
} from "../api/task.ts";
import { verbOf } from "../api/verbs/verbs.ts";
import { connectionUses } from "../graph/references.ts";

/** The names of the connections that a node's pod gets, each once. */
export function connectionsOf(node: PipelineNode): string[] {
  return [...new Set(connectionUses(node).map((use) => use.connection))];
}

/** A node's connections as its pod gets them, by name. */
export function taskConnectionsOf(
  node: PipelineNode,
  { connections = {} }: Pick<PipelineSpec, "connections">,
): TaskSpec["connections"] {
  return Object.fromEntries(connectionsOf(node).map((name) => [name, taskConnection(name, connections[name] ?? {})]));
}

/** The spec of one attempt. A container node gets no work: it runs the user's own program. */
export function taskSpecOf(
  run: TaskSpec["run"],
  { name, node, attempt }: { readonly name: string; readonly node: PipelineNode; readonly attempt: number },
  spec: Pick<PipelineSpec, "connections" | "nodes" | "logValues">,
): TaskSpec | undefined {
  const work = workOf(node, spec.nodes);
  if (work === undefined) return undefined;
  const { logValues } = spec;
  return {
    version: CONTRACT_VERSION,
    run,
    node: name,
    attempt,
    ...(logValues === undefined ? {} : { logValues }),
    connections: taskConnectionsOf(node, spec),
    work,
  };
}

function workOf(node: PipelineNode, nodes: PipelineSpec["nodes"]): TaskWork | undefined {
  const verb = verbOf(node);
  return verb?.entry.work?.(verb.said, nodes) as TaskWork | undefined;
}

/** A connection as a pod that mounts it sees it. */
export function taskConnection(name: string, entry: ConnectionEntry): TaskConnection {
  const directory = `${CONNECTIONS_DIRECTORY}/${name}`;
  if (entry.files !== undefined) {
    const { configMap } = entry.files;
    return { kind: "files", directory, ...(configMap === undefined ? {} : { configMap }) };
  }
  const secretName = secretOf(entry);
  const secret = secretName === undefined ? {} : { secretName, secretDirectory: directory };
  const kind = CONNECTION_KINDS.find((one) => entry[one] !== undefined) ?? "postgres";
  return { kind, ...secret, ...withoutSecretRef({ ...entry[kind] }) } as TaskConnection;
}

function withoutSecretRef({
  secretRef: _,
  ...options
}: {
  readonly secretRef?: string | undefined;
  readonly [key: string]: unknown;
}) {
  return options;
}
