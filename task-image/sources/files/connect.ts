import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { type Answer, answerOf } from "../../connections/answer.ts";
import { namedConnection } from "../../connections/named-connection.ts";
import { ConfigurationError } from "../../errors.ts";
import { mountedNames } from "./mounted-files.ts";

/** A volume may hold millions of files; more than these are not counted. */
const COUNTED_MAX = 1000;

/** Lists the volume. One without a file is a claim that waits for some, or a ConfigMap that is not there. */
export async function askVolume(spec: SpecOf<"connect">, connection: string, context: CommandContext): Promise<Answer> {
  const { directory, configMap } = namedConnection(spec, connection, "files");
  const begun = context.monotonic();
  let count = 0;
  for await (const _name of mountedNames(connection, directory)) {
    count += 1;
    if (count === COUNTED_MAX) break;
  }
  if (count === 0 && configMap !== undefined) {
    throw new ConfigurationError(
      "ConfigMapMissing",
      `connection ${connection}: ConfigMap "${configMap}" does not exist or holds no file. Create it in the connection's namespace`,
    );
  }
  const files = `${count === COUNTED_MAX ? "at least " : ""}${count} ${count === 1 ? "file" : "files"}`;
  return answerOf(`${configMap === undefined ? "volume" : `ConfigMap ${configMap}`} with ${files}`, begun, context);
}
