import type { ConnectionKind } from "#api/task.ts";
import { findConnection } from "../connections/named-connection.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";
import type { Ask } from "./connect-answer.ts";

/** One file for each kind; what it needs is imported when it is wanted. */
const ASK: Readonly<Record<ConnectionKind, () => Promise<Ask>>> = {
  postgres: async () => (await import("./connect-postgres.ts")).askPostgres,
  redshift: async () => (await import("./connect-redshift.ts")).askRedshift,
  snowflake: async () => (await import("./connect-snowflake.ts")).askSnowflake,
  s3: async () => (await import("./connect-s3.ts")).askBucket,
  http: async () => (await import("./connect-http.ts")).askApi,
  files: async () => (await import("./connect-files.ts")).askVolume,
};

/** Tests a connection. */
export async function connect(spec: SpecOf<"connect">, context: CommandContext): Promise<Outcome> {
  const { connection } = spec.work.connect;
  const ask = await ASK[findConnection(spec, connection).kind]();
  const server = await ask(spec, connection, context);
  return { message: `${server.version} answers in ${server.latencyMs} ms`, server };
}
