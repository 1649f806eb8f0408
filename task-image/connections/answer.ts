import type { TaskResult } from "#api/task.ts";
import type { CommandContext, SpecOf } from "../commands/command.ts";

/** What answered, in its own words, and how fast. */
export type Answer = NonNullable<TaskResult["server"]>;

/** Asks the system behind a connection one question. Rejects with a TaskFailure that says why it did not answer. */
export type Ask = (spec: SpecOf<"connect">, connection: string, context: CommandContext) => Promise<Answer>;

/** The answer of a system that came `since` (monotonic ms); its version is cut to what a result holds. */
export function answerOf(version: string, since: number, { monotonic }: CommandContext): Answer {
  return { version: version.slice(0, 128), latencyMs: Math.round(monotonic() - since) };
}
