import type { CommandContext, SpecOf } from "../commands/command.ts";
import { type Answer, answerOf } from "../connections/answer.ts";
import { databaseFailure } from "../postgres/failure.ts";
import { openRedshiftSession, versionOf } from "./session.ts";

/** Logs in and asks for the version. */
export async function askRedshift(
  spec: SpecOf<"connect">,
  connection: string,
  context: CommandContext,
): Promise<Answer> {
  await using session = await openRedshiftSession(spec, connection, context);
  const begun = context.monotonic();
  const { rows } = await session.query<{ version: string }>("SELECT version() AS version").catch((error: unknown) => {
    throw databaseFailure(error, `testing connection ${connection}`);
  });
  return answerOf(`Redshift ${versionOf(rows[0]?.version ?? "")}`, begun, context);
}
