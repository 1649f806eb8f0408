import { databaseFailure } from "../postgres/failure.ts";
import { openSession } from "../postgres/session.ts";
import type { CommandContext, Outcome, SpecOf } from "./command.ts";

/** Tests a connection: logs in, asks one question, and says what answered and how long one question takes. */
export async function connect(spec: SpecOf<"connect">, context: CommandContext): Promise<Outcome> {
  const { connection } = spec.work.connect;
  const server =
    spec.connections[connection]?.kind === "s3"
      ? await askStore(spec, connection, context)
      : await askPostgres(spec, connection, context);
  return { message: `${server.version} answers in ${server.latencyMs} ms`, server };
}

async function askPostgres(spec: SpecOf<"connect">, connection: string, context: CommandContext) {
  await using session = await openSession(spec, connection, context, { readOnly: true });
  const begun = context.monotonic();
  const { rows } = await session
    .query<{ version: string }>("SELECT pg_catalog.current_setting('server_version') AS version")
    .catch((error: unknown) => {
      throw databaseFailure(error, `testing connection ${connection}`);
    });
  return { version: `PostgreSQL ${rows[0]?.version ?? ""}`.slice(0, 128), latencyMs: since(begun, context) };
}

async function askStore(spec: SpecOf<"connect">, connection: string, context: CommandContext) {
  const { openObjectStore } = await import("../object-store/opening.ts");
  await using store = await openObjectStore(spec, connection, context);
  const begun = context.monotonic();
  // The first page of the bucket's list: a bucket that is not there and a key without the right to list both fail here.
  for await (const _object of store.list("")) break;
  return { version: `S3, bucket ${store.bucket}`.slice(0, 128), latencyMs: since(begun, context) };
}

function since(begun: number, { monotonic }: CommandContext): number {
  return Math.round(monotonic() - begun);
}
