import type { ConnectionKind, TaskConnection, TaskConnectionOf, TaskSpec } from "#api/task.ts";
import { ConfigurationError } from "../errors.ts";

/** The connection of a name. Throws a ConfigurationError when there is none. */
export function findConnection(spec: Pick<TaskSpec, "connections">, connection: string): TaskConnection {
  const named = spec.connections[connection];
  if (named !== undefined) return named;
  throw new ConfigurationError(
    "UnknownConnection",
    `connection ${connection} is not one of spec.connections: ${Object.keys(spec.connections).join(", ")}`,
  );
}

/** The connection that a verb names. Throws a ConfigurationError when there is none of that name, or it is of another kind. */
export function namedConnection<K extends ConnectionKind>(
  spec: Pick<TaskSpec, "connections">,
  connection: string,
  kind: K,
): TaskConnectionOf<K> {
  const named = findConnection(spec, connection);
  if (isOfKind(named, kind)) return named;
  throw new ConfigurationError(
    "WrongConnection",
    `connection ${connection} is of kind ${named.kind}, and ${kind} is expected here. Name a connection of kind ${kind}`,
  );
}

function isOfKind<K extends ConnectionKind>(
  connection: { readonly kind: ConnectionKind },
  kind: K,
): connection is TaskConnectionOf<K> {
  return connection.kind === kind;
}
