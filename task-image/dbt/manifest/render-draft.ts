import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { ProblemError } from "../../jinja/problem.ts";
import type { Template } from "../../jinja/reading/syntax-tree.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderNative, renderTemplate } from "../../jinja/running/interpreter.ts";
import { Scope } from "../../jinja/running/scope.ts";
import { TemplateError } from "../../jinja/template-error.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import type { Value } from "../../jinja/values/value.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { hasTemplate } from "../project/template-functions.ts";
import { toValue } from "../project/template-values.ts";
import { mergeCalls } from "./config-layers.ts";
import type { Draft } from "./draft.ts";
import { type ParseWorld, parseScope } from "./parse-context.ts";

/** What a generic test's template is called with. */
const TEST_ARGUMENTS = "_dbt_generic_test_kwargs";
/** Arguments of tests that are calls although nothing says that they are templates. */
const CALL = /^\s*(?:env_var|ref|var|source|doc)\s*\(.+\)\s*$/s;

/** The variables of a node's template; what it refers to, configures and calls goes into the draft. */
export function scopeOfDraft(draft: Draft, world: ParseWorld, visibleMacros?: ReadonlySet<string>): Scope {
  const { fields } = draft;
  return parseScope(world, fields.package_name, {
    packageName: fields.package_name,
    relation: () =>
      world.host.relation({
        database: fields.database,
        schema: fields.schema,
        identifier: fields.alias,
        quoting: world.quoting,
      }),
    visibleMacros,
    place: () => fields,
    model: () => modelValue(draft),
    listener: {
      ref: (to, at) => draft.refs.push({ to, at }),
      source: (source, table, at) => draft.sources.push({ to: [source, table], at }),
      macro: ({ uniqueId }) => draft.macros.add(uniqueId),
      config: (settings) => {
        draft.call = mergeCalls(draft.call, settings);
      },
    },
  });
}

/** `model` in a template. */
export function modelValue({ fields, extra, type }: Draft): Value {
  return toValue({ ...(fields as unknown as DataMap), resource_type: type, ...extra });
}

/**
 * Renders a node's template as dbt does while it reads a project: unknown names are no error in it.
 *
 * @throws {TemplateError | ProblemError} where it cannot be rendered.
 */
export function renderDraft(draft: Draft, scope: Scope): void {
  render(parseDbtTemplate(draft.at.file, draft.fields.raw_code, draft.at), scope);
}

/** Renders a generic test: its arguments first, which may refer to other nodes. */
export function renderGenericTest(draft: Draft, scope: Scope, kwargs: DataMap): void {
  const inside = new Scope(scope);
  const located = (text: string) =>
    locating(draft, () => renderNative(templateOf(draft, text), scope, new Budget(DBT_LIMITS), { isLenient: true }));
  inside.set(TEST_ARGUMENTS, argumentValue(kwargs, [], located));
  locating(draft, () => render(templateOf(draft, draft.fields.raw_code), inside));
}

/** An argument with its templates rendered. The name of a column stays text. */
function argumentValue(value: Data, path: readonly string[], renderText: (text: string) => Value): Value {
  if (Array.isArray(value)) return value.map((item: Data) => argumentValue(item, [...path, ""], renderText));
  if (isMap(value)) {
    return DictValue.of(
      Object.entries(value).map(([key, item]) => [key, argumentValue(item, [...path, key], renderText)] as const),
    );
  }
  if (typeof value !== "string" || (path.length === 1 && path[0] === "column_name")) return toValue(value);
  const text = CALL.test(value) ? `{{ ${value} }}` : value;
  return hasTemplate(text) ? renderText(text) : text.replace(/\n$/, "");
}

/** Renders hooks, for what they refer to: their text is rendered again when they run. */
export function renderHooks(draft: Draft, scope: Scope): void {
  for (const key of ["pre-hook", "post-hook"]) {
    const list = own(draft.fields.config, key);
    for (const hook of Array.isArray(list) ? (list as readonly Data[]) : []) {
      const sql = isMap(hook) ? own(hook, "sql") : undefined;
      if (typeof sql === "string" && hasTemplate(sql)) {
        locating(draft, () => render(templateOf(draft, sql), scope), `${key}: `);
      }
    }
  }
}

function render(template: Template, scope: Scope): void {
  renderTemplate(template, scope, new Budget(DBT_LIMITS), { isLenient: true });
}

/** A text that is not the node's file has no lines of its own: it counts from the place of the node. */
function templateOf(draft: Draft, text: string): Template {
  return parseDbtTemplate(draft.at.file, text, draft.at);
}

function locating<T>(draft: Draft, work: () => T, what = ""): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof TemplateError) || error.at.file !== draft.at.file) throw error;
    throw new ProblemError(`${what}${error.message}`, draft.at);
  }
}
