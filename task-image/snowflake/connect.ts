import type { CommandContext, SpecOf } from "../commands/command.ts";
import { type Answer, answerOf } from "../connections/answer.ts";
import { snowflakeFailure } from "./failure.ts";
import { openSnowflakeSession } from "./session.ts";

/** Logs in and asks for the version. */
export async function askSnowflake(
  spec: SpecOf<"connect">,
  connection: string,
  context: CommandContext,
): Promise<Answer> {
  await using session = await openSnowflakeSession(spec, connection, context);
  const begun = context.monotonic();
  const [row] = await session.query(`SELECT CURRENT_VERSION() AS "VERSION"`).catch((error: unknown) => {
    throw snowflakeFailure(error, `testing connection ${connection}`);
  });
  return answerOf(`Snowflake ${row?.VERSION ?? ""}`, begun, context);
}
