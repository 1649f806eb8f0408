import { TaskNote } from "../api/task.ts";
import { type ResultExpectation, readResult, speaksOf } from "./attempt/task-end.ts";
import type { AttemptFacts, Facts, PodFacts } from "./facts.ts";

/** What tasks say of their project, before they work with it. */
interface ProjectWords {
  readonly commit?: PodFacts["commit"] | undefined;
  readonly packages?: PodFacts["packages"] | undefined;
}

/** What an attempt has said of its project, as the newest of its pods that has said it says: by the channel, by its result, or by its note. */
export function saidOf<K extends keyof ProjectWords>(
  { pods }: AttemptFacts,
  expected: ResultExpectation,
  key: K,
): ProjectWords[K] | undefined {
  for (const { pushed, terminated, ...pod } of pods.toReversed()) {
    const result: ProjectWords = pushed !== undefined && speaksOf(pushed.result, expected) ? pushed.result : {};
    const said = pod[key] ?? result[key] ?? wordsLeft(terminated?.message ?? "", expected)[key];
    if (said !== undefined) return said;
  }
  return undefined;
}

/** What stands in a termination message: a result, or a note of a task that was killed. */
function wordsLeft(message: string, expected: ResultExpectation): ProjectWords {
  const result = readResult(message, expected);
  if (typeof result !== "string") return result;
  if (!message.startsWith("{")) return {};
  try {
    const note = TaskNote.safeParse(JSON.parse(message)).data;
    const { run, node, attempt } = expected;
    return note?.run === run && note.node === node && note.attempt === attempt ? note : {};
  } catch {
    return {};
  }
}

/** Who is to speak for an attempt. */
export function expectationOf({ run }: Facts, node: string, { attempt }: AttemptFacts): ResultExpectation {
  return { run: run.meta.uid, node, attempt, required: true };
}
