import type { Budget } from "../jinja/budget.ts";
import { formatPosition } from "../jinja/position.ts";
import { collectEach, type Problem } from "../jinja/problem.ts";
import type { Template } from "../jinja/reading/syntax-tree.ts";
import { parseTemplate } from "../jinja/reading/template-parser.ts";
import { defineMacros, globalScope } from "../jinja/running/interpreter.ts";
import type { Scope } from "../jinja/running/scope.ts";
import type { Stored } from "../jinja/values/value.ts";
import type { ProjectFile } from "./project-files.ts";

/** The macros of a project. */
export interface MacroLibrary {
  /** A scope in which a template sees the given values and every macro. */
  scope(values: Iterable<readonly [string, Stored]>, budget: Budget): Scope;
}

/** Reads the macro files. Two macros of one name are a problem, because a call could mean either. */
export function* readMacros(
  files: readonly ProjectFile[],
  problems: Problem[],
): Generator<string, MacroLibrary, undefined> {
  const templates = yield* collectEach(
    problems,
    files.filter(({ kind }) => kind === "macro"),
    ({ path, text }) => parseTemplate(path, text),
  );
  problems.push(...duplicates(templates));
  return {
    scope(values, budget) {
      const scope = globalScope(values);
      for (const template of templates) defineMacros(template, scope, budget);
      return scope;
    },
  };
}

function duplicates(templates: readonly Template[]): Problem[] {
  const first = new Map<string, string>();
  return templates.flatMap(({ body }) =>
    body.flatMap((statement) => {
      if (statement.type !== "macro" || statement.kind !== "macro") return [];
      const before = first.get(statement.name);
      if (before === undefined) first.set(statement.name, formatPosition(statement.at));
      if (before === undefined) return [];
      return [{ message: `macro '${statement.name}' is defined in ${before} already: rename one`, at: statement.at }];
    }),
  );
}
