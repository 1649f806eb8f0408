import type { CommandContext, SpecOf } from "../commands/command.ts";
import { type Answer, answerOf } from "../connections/answer.ts";
import { databaseFailure } from "./failure.ts";
import { openSession } from "./session.ts";

/** Logs in and asks for the version. */
export async function askPostgres(
  spec: SpecOf<"connect">,
  connection: string,
  context: CommandContext,
): Promise<Answer> {
  await using session = await openSession(spec, connection, context, { readOnly: true });
  const begun = context.monotonic();
  const { rows } = await session
    .query<{ version: string }>("SELECT pg_catalog.current_setting('server_version') AS version")
    .catch((error: unknown) => {
      throw databaseFailure(error, `testing connection ${connection}`);
    });
  return answerOf(`PostgreSQL ${rows[0]?.version ?? ""}`, begun, context);
}
