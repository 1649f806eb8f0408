import { formatProblem } from "../../../task-image/jinja/problem.ts";
import type { CompiledModel } from "../../../task-image/models/model.ts";
import { type CompiledProject, compileProject, type ProjectInput } from "../../../task-image/models/project.ts";

export type Files = Readonly<Record<string, string>>;

/** Compiles a project for the schema `analytics` of a connection `warehouse`. */
export function compile(files: Files, input: Partial<ProjectInput> = {}): CompiledProject {
  const work = compileProject({
    files: new Map(Object.entries(files)),
    schema: "analytics",
    target: new Map([
      ["name", "warehouse"],
      ["type", "postgres"],
    ]),
    vars: new Map(),
    environment: new Map(),
    ...input,
  });
  for (;;) {
    const { done, value } = work.next();
    if (done === true) return value;
  }
}

/** The models of a project that has no problem, in their order. */
export function modelsOf(files: Files, input: Partial<ProjectInput> = {}): readonly CompiledModel[] {
  const { models, problems } = compile(files, input);
  if (models !== undefined) return models;
  throw new Error(`expected no problem, found:\n${problems.map(formatProblem).join("\n")}`);
}

/** The SQL of the model `m`. */
export function sqlOf(files: Files, input: Partial<ProjectInput> = {}): string | undefined {
  return modelsOf(files, input).find(({ name }) => name === "m")?.sql.text;
}

/** The problems of a project, as people read them. */
export function problemsOf(files: Files, input: Partial<ProjectInput> = {}): readonly string[] {
  const { problems } = compile(files, input);
  if (problems === undefined) throw new Error("expected a problem, and the project has none");
  return problems.map(formatProblem);
}
