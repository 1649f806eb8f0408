import { PART_ENV, TASK_SPEC_ENV, TaskSpec } from "#api/task.ts";
import type { CommandContext, Outcome, Part, SpecOf } from "./commands/command.ts";
import { ConfigurationError, TaskFailure, TransientError } from "./errors.ts";
import { databaseFailure, isServerError } from "./postgres/failure.ts";
import { hidden } from "./words/hidden-text.ts";

/** Issues of a spec that are named in the message. */
const ISSUES_MAX = 5;

/** The spec that the operator handed over. Throws a ConfigurationError that names every field that is wrong. */
export function parseSpec(text: string | undefined): TaskSpec {
  if (text === undefined || text === "") {
    throw new ConfigurationError(
      "InvalidSpec",
      `the environment variable ${TASK_SPEC_ENV} is empty: expected a task's spec as JSON, as the operator sets it`,
    );
  }
  const { success, data, error } = TaskSpec.safeParse(parseJson(text));
  if (success) return data;
  const issues = error.issues
    .slice(0, ISSUES_MAX)
    .map(({ path, message }) => `${path.join(".") || "spec"}: ${message}`);
  throw new ConfigurationError(
    "InvalidSpec",
    `the task's spec in ${TASK_SPEC_ENV} is not valid. ${issues.join("; ")}. Use an operator and a task image of the same version`,
  );
}

/** The part that this pod is, of a load that is fanned out. Throws a ConfigurationError when the Job does not say which. */
export function parsePart({ work }: TaskSpec, text: string | undefined): Part | undefined {
  const of = work.verb === "load" ? work.load.fanOut?.pods : undefined;
  if (of === undefined) return undefined;
  if (text !== undefined && /^[0-9]{1,4}$/.test(text) && Number(text) < of) return { index: Number(text), of };
  const found = text === undefined ? "it is not set" : JSON.stringify(text.slice(0, 32));
  throw new ConfigurationError(
    "InvalidPart",
    `the environment variable ${PART_ENV} says which of the ${of} parts of load.fanOut this pod is: expected 0 to ${of - 1}, found ${found}. Run the task as a pod of an Indexed Job`,
  );
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's own message quotes the text.
    throw new ConfigurationError("InvalidSpec", `${TASK_SPEC_ENV} is not JSON: expected a task's spec`, {
      cause: new Error(`${(error as Error).name} in ${text.length} characters`),
    });
  }
}

/** A verb's code. Each one is imported when it is wanted, so that the first query does not wait for the others' packages. */
export async function loadCommand(spec: TaskSpec): Promise<(context: CommandContext) => Promise<Outcome>> {
  const { verb } = spec.work;
  switch (verb) {
    case "extract": {
      const { extract } = await import("./commands/extract.ts");
      return (context) => extract(spec as SpecOf<"extract">, context);
    }
    case "load": {
      const { load } = await import("./commands/load.ts");
      return (context) => load(spec as SpecOf<"load">, context);
    }
    case "transform": {
      const { transform } = await import("./commands/transform.ts");
      return (context) => transform(spec as SpecOf<"transform">, context);
    }
    case "test": {
      const { test } = await import("./commands/test.ts");
      return (context) => test(spec as SpecOf<"test">, context);
    }
    case "connect": {
      const { connect } = await import("./commands/connect.ts");
      return (context) => connect(spec as SpecOf<"connect">, context);
    }
    default:
      return verb satisfies never;
  }
}

/** Loads all the code that a held task needs when it may begin. It reads no Secret and opens no connection. */
export async function preload(spec: TaskSpec): Promise<void> {
  const { loadConnectionCode } = await import("./commands/connection-code.ts");
  await Promise.all([loadCommand(spec), loadConnectionCode(spec)]);
}

/** Any error as a failure of the task. What nobody foresaw may succeed in the next attempt. */
export function failureOf(error: unknown): TaskFailure {
  if (error instanceof TaskFailure) return error;
  if (isServerError(error)) return databaseFailure(error, "the database refused a statement");
  const [name, said] = error instanceof Error ? [error.name, error.message] : ["an error", String(error)];
  const hint = "The log of the pod says where; with spec.logValues it says what";
  return new TransientError("Unexpected", `unexpected error: ${name}${hidden(`: ${said}`)}. ${hint}`, { cause: error });
}
