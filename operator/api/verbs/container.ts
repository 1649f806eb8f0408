import { Container } from "../container.ts";
import type { VerbEntry } from "./verb.ts";

/** A program of the user's own: it gets its connections, and no work. */
export const container = {
  schema: Container,
  // A list, for which the kind's file has a rule of its own.
  fields: [],
  connections: ({ connections = [] }) =>
    connections.map((connection, index) => ({ path: ["container", "connections", index], connection })),
} as const satisfies VerbEntry<typeof Container>;
