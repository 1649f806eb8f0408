import { Budget } from "../jinja/budget.ts";
import type { Position } from "../jinja/position.ts";
import { ProblemError, startOf } from "../jinja/problem.ts";
import { parseTemplate } from "../jinja/reading/template-parser.ts";
import { locate } from "../jinja/running/execution.ts";
import { renderTemplate } from "../jinja/running/interpreter.ts";
import { plain } from "../jinja/running/parameters.ts";
import type { Scope } from "../jinja/running/scope.ts";
import { nearest } from "../jinja/suggestion.ts";
import { EvaluationError, TemplateError } from "../jinja/template-error.ts";
import { toText } from "../jinja/values/text-form.ts";
import { CallableValue, ObjectValue, type Stored, type Value } from "../jinja/values/value.ts";
import { IDENTIFIER_BYTES_MAX, type TableName } from "../sql/identifier.ts";
import { speechGlobals } from "./context.ts";
import type { MacroLibrary } from "./macro-library.ts";
import type { DiscoveredModel, ModelSource } from "./model.ts";
import { readModelConfig, type Setting, type Settings } from "./model-config.ts";
import { modelGlobals } from "./model-context.ts";
import type { ProjectFile } from "./project-files.ts";
import type { SourceTableProperties } from "./properties.ts";
import { relationValue } from "./relation.ts";

/** A project as it is known before its models are rendered. */
export interface KnownProject {
  readonly name: string;
  readonly targetSchema: string;
  readonly globals: ReadonlyMap<string, Stored>;
  readonly macros: MacroLibrary;
  readonly modelNames: ReadonlySet<string>;
  /** Sources by `source.table`. */
  readonly sources: ReadonlyMap<string, SourceTableProperties>;
}

/** Reads a model file. */
export function readModel(
  { path, text }: ProjectFile,
  projectName: string,
  modelPaths: readonly string[],
): ModelSource {
  const folder = modelPaths.find((each) => path.startsWith(`${each}/`)) ?? "";
  const segments = path
    .slice(folder.length + 1)
    .replace(/\.sql$/, "")
    .split("/");
  const name = segments.at(-1) ?? path;
  return { name, path, template: parseTemplate(path, text), fullName: [projectName, ...segments] };
}

/**
 * Renders a model with `execute` false, as dbt does while it reads a project, to learn its configuration and what it reads.
 *
 * @throws {ProblemError | TemplateError} where the model cannot be read or configured.
 */
export function discoverModel(model: ModelSource, configured: Settings, parts: KnownProject): DiscoveredModel {
  const refs = new Map<string, Position>();
  const settings = new Map(configured);
  const budget = new Budget();
  const globals = modelGlobals(parts.name, {
    execute: false,
    self: { schema: parts.targetSchema, table: model.name },
    settings,
    configure: (name: string, setting: Setting) => settings.set(name, setting),
    source: (source, table) => findSource(source, table, parts),
    ref: (name, { at }) => {
      if (!parts.modelNames.has(name)) {
        throw new EvaluationError(
          `ref(): there is no model '${name}' in this project${nearest(name, parts.modelNames)}`,
        );
      }
      if (!refs.has(name)) refs.set(name, at);
      return relationValue({ schema: parts.targetSchema, table: name });
    },
  });
  const scope = parts.macros.scope([...parts.globals, ...speechGlobals(() => undefined), ...globals], budget);
  renderTemplate(model.template, scope, budget);
  const config = readModelConfig(settings);
  const relation = relationOf(model, config, { parts, scope, budget });
  return { ...model, settings, config, refs, relation };
}

/** The relation of a source's table. */
export function findSource(source: string, table: string, { sources }: KnownProject): Value {
  const found = sources.get(`${source}.${table}`);
  if (found === undefined) {
    const name = `${source}.${table}`;
    const advice = nearest(name, sources.keys()) || ": declare it under sources in a .yml file of the project";
    throw new EvaluationError(`source(): there is no table '${table}' of a source '${source}'${advice}`);
  }
  return relationValue({ schema: found.schema, table: found.identifier }, found.database);
}

interface NamingPlace {
  readonly parts: KnownProject;
  readonly scope: Scope;
  readonly budget: Budget;
}

/** Where a model is built, by dbt's generate_schema_name and generate_alias_name or the project's own macros of those names. */
function relationOf(model: ModelSource, config: DiscoveredModel["config"], place: NamingPlace): TableName {
  const { targetSchema } = place.parts;
  const ownSchema = callNaming("generate_schema_name", config.schema, model, place);
  const schema = ownSchema ?? (config.schema === null ? targetSchema : `${targetSchema}_${config.schema}`);
  const table = callNaming("generate_alias_name", config.alias, model, place) ?? config.alias ?? model.name;
  for (const [what, name] of [
    ["schema", schema],
    ["name", table],
  ] as const) {
    const bytes = Buffer.byteLength(name);
    if (bytes > 0 && bytes <= IDENTIFIER_BYTES_MAX) continue;
    throw new ProblemError(
      `the ${what} '${name}' of the model has ${bytes} bytes, and Postgres takes 1 to ${IDENTIFIER_BYTES_MAX}: configure a shorter ${what === "name" ? "alias" : "schema"}`,
      startOf(model.path),
    );
  }
  return { schema, table };
}

function callNaming(macro: string, custom: string | null, model: ModelSource, place: NamingPlace): string | undefined {
  const { scope, budget, parts } = place;
  const callable = scope.get(macro);
  if (!(callable instanceof CallableValue)) return undefined;
  const attributes = new Map<string, Value>([
    ["name", model.name],
    ["package_name", parts.name],
    ["resource_type", "model"],
    ["path", model.path],
    ["fqn", [...model.fullName]],
  ]);
  const node = new ObjectValue({ typeName: "node", attribute: (name) => attributes.get(name) });
  const at = startOf(model.path);
  const result = locate(at, undefined, () =>
    callable.call({ positional: [custom, node], named: new Map() }, { at, frame: undefined, budget }),
  );
  const name = toText(plain(result)).trim();
  if (name === "") throw new TemplateError(`macro '${macro}' gave no name for this model`, at);
  return name;
}
