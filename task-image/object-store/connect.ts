import type { CommandContext, SpecOf } from "../commands/command.ts";
import { type Answer, answerOf } from "../connections/answer.ts";
import { openObjectStore } from "./opening.ts";

/** Asks for the bucket twice: the first time connects and finds the credentials, the second one is timed. */
export async function askBucket(spec: SpecOf<"connect">, connection: string, context: CommandContext): Promise<Answer> {
  await using store = await openObjectStore(spec, connection, context);
  await store.findBucket();
  const begun = context.monotonic();
  const { region } = await store.findBucket();
  return answerOf(`S3, bucket ${store.bucket}${region === undefined ? "" : ` in ${region}`}`, begun, context);
}
