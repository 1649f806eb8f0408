import { ConfigurationError } from "../errors.ts";
import type { CompiledProject, ProjectInput } from "../models/project.ts";
import { askThread } from "../threads/ask-thread.ts";
import { type FromProjectWorker, fromMessage } from "./project-message.ts";

const PROGRAM = { folder: "projects", name: "project-worker" };
/** Longest time that one file of a project may take to be read or rendered. Bounds of templates and YAML end well before. */
const FILE_TIMEOUT_MS = 60_000;

/**
 * Compiles a project in a thread of its own. The thread ends at once when the signal says so, whatever it computes. Throws a
 * ConfigurationError that names the file at which memory or time ran out.
 */
export function compileAside(input: ProjectInput, signal: AbortSignal): Promise<CompiledProject> {
  let at = "dbt_project.yml";
  return askThread<FromProjectWorker, CompiledProject>({
    thread: PROGRAM,
    data: input,
    signal,
    patienceMs: FILE_TIMEOUT_MS,
    answerOf: (message) => {
      if ("project" in message) return fromMessage(message.project);
      at = message.at;
      return undefined;
    },
    tooMuch: (what) => {
      throw new ConfigurationError(
        "ProjectTooLarge",
        `${at}: the project cannot be read from here on: it ${what}. Look for a loop without an end, or split the file`,
      );
    },
  });
}
