import { z } from "zod";
import { exactlyOne, integer, object, objectName, oneOf, text } from "./fields.ts";
import { conditions, observedGeneration } from "./status.ts";

const PostgresConnection = object("A Postgres database, reached with libpq's words for everything.", {
  secretRef: objectName(
    "Secret in the same namespace with the keys host, port, dbname, user (or username), password, sslmode and sslrootcert, or uri. Only the Jobs that use the connection mount it.",
  ).optional(),
  host: text("Host name or address; wins over the Secret's.", { max: 253 }).optional(),
  port: integer("Port; wins over the Secret's. 5432 where neither says.", { min: 1, max: 65_535 }).optional(),
  database: text("Database; wins over the Secret's dbname.", { max: 63 }).optional(),
  user: text("Role to log in as; wins over the Secret's.", { max: 63 }).optional(),
  sslMode: oneOf("How TLS is used, as libpq's sslmode; wins over the Secret's. `prefer` where neither says.", [
    "disable",
    "prefer",
    "require",
    "verify-ca",
    "verify-full",
  ]).optional(),
});

const KINDS = { postgres: PostgresConnection.optional() } as const;

/** A system that data comes from or goes to. It names a Secret and never holds a value of one. */
export const ConnectionSpec = object("A system that data comes from or goes to: exactly one kind.", KINDS, [
  exactlyOne(Object.keys(KINDS)),
]);
export type ConnectionSpec = z.infer<typeof ConnectionSpec>;

/** A connection as a Pipeline names it: written inline, or a reference to a Connection resource. */
export const ConnectionEntry = object(
  "A connection of this pipeline: written inline, or a reference to a Connection resource.",
  {
    ref: objectName("Connection resource in the same namespace.").optional(),
    ...KINDS,
  },
  [exactlyOne(["ref", ...Object.keys(KINDS)])],
);
export type ConnectionEntry = z.infer<typeof ConnectionEntry>;

export const ConnectionStatus = z
  .object({ observedGeneration, conditions })
  .partial()
  .meta({ description: "What the operator found." });
export type ConnectionStatus = z.infer<typeof ConnectionStatus>;
