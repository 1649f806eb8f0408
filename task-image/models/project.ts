import { Budget } from "../jinja/budget.ts";
import { formatPosition, type Position } from "../jinja/position.ts";
import { collectEach, collectProblem, type Problem, sortProblems, startOf } from "../jinja/problem.ts";
import { parseTemplate } from "../jinja/reading/template-parser.ts";
import { globalScope, renderTemplate } from "../jinja/running/interpreter.ts";
import { TemplateError } from "../jinja/template-error.ts";
import type { Value } from "../jinja/values/value.ts";
import { showTable } from "../sql/identifier.ts";
import { compileModel } from "./compilation.ts";
import { type ProjectContext, projectGlobals } from "./context.ts";
import { discoverModel, type KnownProject, readModel } from "./discovery.ts";
import { findCycle, orderModels } from "./graph.ts";
import { readMacros } from "./macro-library.ts";
import type { CompiledModel, DiscoveredModel, ModelSource } from "./model.ts";
import type { Settings } from "./model-config.ts";
import { arrangeFiles, type ProjectFile, SETTINGS_FILE } from "./project-files.ts";
import { type ProjectSettings, readProjectSettings } from "./project-settings.ts";
import { type Properties, readProperties } from "./properties.ts";

/** A project and everything outside of its files that it depends on. */
export interface ProjectInput {
  /** Texts by path or by key of a ConfigMap. */
  readonly files: ReadonlyMap<string, string>;
  /** Schema that models are built in unless they are configured otherwise. */
  readonly schema: string;
  /** Attributes of `target` besides its schema. */
  readonly target: ReadonlyMap<string, Value>;
  /** Variables that win over those of dbt_project.yml. */
  readonly vars: ReadonlyMap<string, Value>;
  readonly environment: ReadonlyMap<string, string>;
}

/** The models in the order they are built, or everything that has to be changed first. */
export type CompiledProject =
  | { readonly models: readonly CompiledModel[]; readonly problems?: undefined }
  | { readonly models?: undefined; readonly problems: readonly Problem[] };

/**
 * Reads a project and renders all of its models, without a database. It yields the path of each file before it works on it, so that
 * whoever runs it can say where it is.
 */
export function* compileProject(input: ProjectInput): Generator<string, CompiledProject, undefined> {
  const problems: Problem[] = [];
  const settings = collectProblem(problems, () => readProjectSettings(input.files.get(SETTINGS_FILE) ?? ""));
  if (settings === undefined) return { problems };
  const paths = { models: settings.modelPaths, macros: settings.macroPaths };
  const files = arrangeFiles(input.files, paths, problems);
  const context: ProjectContext = {
    projectName: settings.name,
    target: new Map<string, Value>([...input.target, ["schema", input.schema]]),
    vars: new Map([...settings.vars, ...input.vars]),
    environment: input.environment,
  };
  const properties = yield* readAllProperties(files, context, problems);
  const sources = yield* collectEach(
    problems,
    files.filter(({ kind }) => kind === "model"),
    (file) => readModel(file, settings.name, settings.modelPaths),
  );
  const parts: KnownProject = {
    name: settings.name,
    targetSchema: input.schema,
    globals: projectGlobals(context),
    macros: yield* readMacros(files, problems),
    modelNames: new Set(files.filter(({ kind }) => kind === "model").map(({ path }) => nameOf(path))),
    sources: indexSources(properties, problems),
  };
  const discovered = yield* discoverAll(sources, parts, { settings, properties, problems });
  const models = discovered.filter(({ config }) => config.enabled);
  const disabled = new Set(discovered.filter(({ config }) => !config.enabled).map(({ name }) => name));
  if (models.length === 0 && problems.length === 0) {
    problems.push({ message: "the project has no model: expected at least one .sql file", at: startOf(SETTINGS_FILE) });
  }
  problems.push(...checkModels(models, disabled, parts));
  return problems.length > 0 ? { problems: sortProblems(problems) } : yield* compileAll(models, parts);
}

function nameOf(path: string): string {
  return path.replace(/^.*\//, "").replace(/\.sql$/, "");
}

function* readAllProperties(
  files: readonly ProjectFile[],
  context: ProjectContext,
  problems: Problem[],
): Generator<string, Properties[], undefined> {
  const globals = projectGlobals(context);
  const render = (text: string, at: Position): string => {
    if (!text.includes("{{") && !text.includes("{%")) return text;
    try {
      return renderTemplate(parseTemplate(at.file, text), globalScope(globals), new Budget()).text;
    } catch (error) {
      throw error instanceof TemplateError ? new TemplateError(error.message, at, undefined, { cause: error }) : error;
    }
  };
  return yield* collectEach(
    problems,
    files.filter(({ kind }) => kind === "properties"),
    ({ path, text }) => readProperties(path, text, render),
  );
}

function indexSources(all: readonly Properties[], problems: Problem[]): KnownProject["sources"] {
  const sources = new Map<string, Properties["sources"][number]>();
  for (const table of all.flatMap((properties) => properties.sources)) {
    const key = `${table.source}.${table.table}`;
    const before = sources.get(key);
    if (before !== undefined) {
      problems.push({
        message: `source table '${key}' is declared in ${formatPosition(before.at)} already`,
        at: table.at,
      });
    }
    sources.set(key, table);
  }
  return sources;
}

interface Configuration {
  readonly settings: ProjectSettings;
  readonly properties: readonly Properties[];
  readonly problems: Problem[];
}

/** Renders every model once, those that are disabled too: only then it is known. */
function* discoverAll(
  sources: readonly ModelSource[],
  parts: KnownProject,
  { settings, properties, problems }: Configuration,
): Generator<string, readonly DiscoveredModel[], undefined> {
  const own = new Map<string, Settings>();
  for (const { name, settings: configured } of properties.flatMap(({ models }) => models)) {
    own.set(name, new Map([...(own.get(name) ?? []), ...configured]));
  }
  return yield* collectEach(problems, sources, (model) => {
    const configured = new Map([...settings.settingsOf(model.fullName), ...(own.get(model.name) ?? [])]);
    return discoverModel(model, configured, parts);
  });
}

/** What only shows when all models are known. */
function checkModels(
  models: readonly DiscoveredModel[],
  disabled: ReadonlySet<string>,
  parts: KnownProject,
): Problem[] {
  const dangling = models.flatMap(({ refs }) =>
    [...refs]
      .filter(([name]) => disabled.has(name))
      .map(([name, at]) => ({ message: `ref(): model '${name}' is disabled: enable it or remove the ref`, at })),
  );
  return [...duplicateModels(models), ...takenRelations(models, parts), ...dangling, ...cycles(models)];
}

function duplicateModels(models: readonly DiscoveredModel[]): Problem[] {
  const first = new Map<string, string>();
  return models.flatMap(({ name, path }) => {
    const before = first.get(name);
    if (before === undefined) first.set(name, path);
    if (before === undefined) return [];
    return [
      { message: `model '${name}' stands in ${before} too: names of models are unique, rename one`, at: startOf(path) },
    ];
  });
}

/** Two models of one relation would replace each other, and a model must not replace what it reads from. */
function takenRelations(models: readonly DiscoveredModel[], { sources }: KnownProject): Problem[] {
  const taken = new Map<string, string>();
  for (const { schema, identifier, source, table } of sources.values()) {
    taken.set(JSON.stringify([schema, identifier]), `source table '${source}.${table}'`);
  }
  return models.flatMap(({ name, path, relation }) => {
    const key = JSON.stringify([relation.schema, relation.table]);
    const owner = taken.get(key);
    if (owner === undefined) taken.set(key, `model '${name}'`);
    if (owner === undefined || owner === `model '${name}'`) return [];
    const message = `model '${name}' would be built as ${showTable(relation)}, which is ${owner}: configure another alias or schema`;
    return [{ message, at: startOf(path) }];
  });
}

function cycles(models: readonly DiscoveredModel[]): Problem[] {
  const cycle = findCycle(new Map(models.map(({ name, refs }) => [name, new Set(refs.keys())])));
  if (cycle === undefined) return [];
  const [first = "", second = ""] = cycle;
  const model = models.find(({ name }) => name === first);
  const at = model?.refs.get(second) ?? startOf(model?.path ?? first);
  return [{ message: `models read each other in a circle: ${cycle.join(" -> ")}. Remove one of these refs`, at }];
}

function* compileAll(
  models: readonly DiscoveredModel[],
  parts: KnownProject,
): Generator<string, CompiledProject, undefined> {
  const problems: Problem[] = [];
  const byName = new Map(models.map((model) => [model.name, model]));
  const order = orderModels(new Map(models.map(({ name, refs }) => [name, new Set(refs.keys())]))) ?? [];
  const ordered = order.map((name) => byName.get(name)).filter((model) => model !== undefined);
  const compiled = yield* collectEach(problems, ordered, (model) => compileModel(model, byName, parts));
  return problems.length > 0 ? { problems: sortProblems(problems) } : { models: compiled };
}
