import { readMacroFile } from "../../../../task-image/dbt/macros/macro-file.ts";
import type { ReadProject } from "../../../../task-image/dbt/manifest/manifest-input.ts";
import type { ManifestNode } from "../../../../task-image/dbt/manifest/node.ts";
import type { ParseHost, RelationPlace } from "../../../../task-image/dbt/manifest/parse-host.ts";
import { readManifest } from "../../../../task-image/dbt/manifest/read-manifest.ts";
import type { DataMap } from "../../../../task-image/dbt/project/data.ts";
import { formatProblem } from "../../../../task-image/jinja/problem.ts";
import { BUILTINS } from "../../../../task-image/jinja/running/builtins.ts";
import { EvaluationError } from "../../../../task-image/jinja/template-error.ts";
import { toText } from "../../../../task-image/jinja/values/text-form.ts";
import { CallableValue, ObjectValue, type Stored, type Value } from "../../../../task-image/jinja/values/value.ts";

/** What stands in for dbt's own macros, as far as reading a project calls them. */
const DBT_MACROS = `
{% macro generate_database_name(custom=none, node=none) %}{{ custom or target.database }}{% endmacro %}
{% macro generate_schema_name(custom=none, node=none) %}
  {{ return(adapter.dispatch('generate_schema_name', 'dbt')(custom, node)) }}
{% endmacro %}
{% macro default__generate_schema_name(custom, node) %}
  {% if custom is none %}{{ target.schema }}{% else %}{{ target.schema }}_{{ custom | trim }}{% endif %}
{% endmacro %}
{% macro generate_alias_name(custom=none, node=none) %}
  {% if custom %}{{ custom | trim }}{% elif node.version %}{{ node.name ~ '_v' ~ (node.version | replace('.', '_')) }}{% else %}{{ node.name }}{% endif %}
{% endmacro %}
{% macro get_where_subquery(relation) %}{% do return(relation) %}{% endmacro %}
{% macro is_incremental() %}{% if not execute %}{{ return(false) }}{% endif %}{% endmacro %}
{% test not_null(model, column_name) %}select{% endtest %}
{% test unique(model, column_name) %}select{% endtest %}
{% test accepted_values(model, column_name, values, quote=true) %}select{% endtest %}
{% test relationships(model, column_name, to, field) %}select{% endtest %}
`;

export interface ProjectOptions {
  readonly vars?: DataMap;
  readonly environment?: Readonly<Record<string, string>>;
  readonly targetName?: string;
  readonly schema?: string;
}

/** Reads a project whose files are written in the test. Without a dbt_project.yml it is called `shop`. */
export function readProject(files: Readonly<Record<string, string>>, options: ProjectOptions = {}): ReadProject {
  const schema = options.schema ?? "public";
  return readManifest({
    tree: new Map(Object.entries({ "dbt_project.yml": "name: shop\n", ...files })),
    dbtMacros: readMacroFile("dbt", "macros/dbt.sql", DBT_MACROS),
    host: host(options.targetName ?? "dev", schema),
    environment: new Map(Object.entries(options.environment ?? {})),
    vars: options.vars ?? {},
    target: { database: "warehouse", schema, now: 1_700_000_000 },
  });
}

function host(targetName: string, schema: string): ParseHost {
  const target = attributes("target", { name: targetName, schema, database: "warehouse", type: "postgres" });
  const raise = new CallableValue("raise_compiler_error", ({ positional }) => {
    throw new EvaluationError(positional.map((each) => toText(each as Value)).join(" "));
  });
  const names: Readonly<Record<string, Stored>> = {
    ...Object.fromEntries(BUILTINS.map((each) => [each.name, each] as const)),
    target,
    exceptions: attributes("exceptions", { raise_compiler_error: raise }),
    log: new CallableValue("log", () => ""),
    run_query: new CallableValue("run_query", () => null),
  };
  return {
    adapterTypes: ["postgres"],
    shared: { get: (name) => (Object.hasOwn(names, name) ? names[name] : undefined), names: () => Object.keys(names) },
    adapter: (namespace) => attributes("adapter", { dispatch: namespace.dispatchFunction() }),
    relation: (parts) => attributes("relation", { ...parts, quoting: null }, relationText(parts)),
    runtimeConfig: () => attributes("RuntimeConfig", {}),
    storesFailures: false,
    quote: (name) => `"${name}"`,
  };
}

function relationText({ database, schema, identifier, quoting }: RelationPlace): string {
  const parts = { database, schema, identifier };
  return Object.entries(parts)
    .map(([key, name]) => (quoting[key] === false ? name : `"${name}"`))
    .join(".");
}

function attributes(typeName: string, members: Readonly<Record<string, Value>>, text?: string): ObjectValue {
  const attribute = (name: string) => (Object.hasOwn(members, name) ? members[name] : undefined);
  return new ObjectValue(text === undefined ? { typeName, attribute } : { typeName, attribute, text });
}

/** A node by its name; the test ends where there is none, or where the project has problems. */
export function nodeOf(project: ReadProject, name: string): ManifestNode {
  const problems = problemsOf(project);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  const found = [...project.manifest.nodes.values()].find((node) => node.name === name || node.unique_id === name);
  if (found === undefined)
    throw new Error(`there is no node '${name}' among ${[...project.manifest.nodes.keys()].join(", ")}`);
  return found;
}

export function problemsOf({ problems }: ReadProject): string[] {
  return problems.map(formatProblem);
}
