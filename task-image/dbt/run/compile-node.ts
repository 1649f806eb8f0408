import { Budget, DBT_LIMITS } from "../../jinja/budget.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { renderNative } from "../../jinja/running/interpreter.ts";
import { joinRenderings, type Rendering } from "../../jinja/running/rendering.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import type { Value } from "../../jinja/values/value.ts";
import { EPHEMERAL_PREFIX } from "../adapter/relation.ts";
import { modelDict, NodeContext, type Overrides } from "../context/node-context.ts";
import type { RunWorld } from "../context/run-world.ts";
import type { ManifestNode } from "../manifest/node.ts";
import { findTestMacro, missingTest } from "../manifest/test-macro.ts";
import { type Data, isMap } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import { fail } from "../values/host-function.ts";

/** What stands in front of a query: a model without a table of its own, as the queries that read it have it in front. */
export interface Cte {
  readonly id: string;
  /** `__dbt__cte__films`. */
  readonly name: string;
  readonly sql: Rendering;
}

export interface CompiledSql {
  /** With all CTEs. */
  readonly sql: Rendering;
  readonly ctes: readonly Cte[];
}

/** The variable that generic tests find their arguments in. */
const TEST_ARGUMENTS = "_dbt_generic_test_kwargs";

/** What a generic test is called with; nothing for other nodes. It is rendered in the test's own context, which hears of its refs. */
export function testOverrides(world: RunWorld, node: ManifestNode, context: NodeContext): Overrides {
  if (node.resource_type !== "test" || node.test_metadata === undefined) return new Map();
  const { library } = world;
  if (findTestMacro(node.test_metadata, node.package_name, library) === undefined)
    fail(missingTest(node.test_metadata, library));
  const render = (text: string): Value =>
    renderNative(parseDbtTemplate(node.original_file_path, text), context.scope, new Budget(DBT_LIMITS));
  const value = (data: Data, isColumn: boolean): Value => {
    if (typeof data === "string") return isColumn ? data : render(LOOKS_LIKE_CALL.test(data) ? `{{ ${data} }}` : data);
    if (Array.isArray(data)) return data.map((item) => value(item, false));
    if (!isMap(data)) return toValue(data);
    return DictValue.of(Object.entries(data).map(([key, item]) => [key, value(item, false)] as const));
  };
  const entries = Object.entries(node.test_metadata.kwargs);
  const kwargs = DictValue.of(entries.map(([key, item]) => [key, value(item, key === "column_name")] as const));
  return new Map([[TEST_ARGUMENTS, kwargs]]);
}

/** dbt renders such text in arguments of tests without braces. */
const LOOKS_LIKE_CALL = /^\s*(?:env_var|ref|var|source|doc)\s*\(.+\)\s*$/;

/** Renders the SQL of a node, with the ephemeral models that it reads in front of it. */
export function compileNode(world: RunWorld, node: ManifestNode, context: NodeContext): CompiledSql {
  const bare = context.render(node.original_file_path, node.raw_code);
  const ctes: Cte[] = [];
  for (const id of context.ephemerals)
    for (const cte of ctesOf(world, id)) if (!ctes.some((each) => each.id === cte.id)) ctes.push(cte);
  return { sql: withCtes(bare, ctes), ctes };
}

/** The CTE of an ephemeral model, behind those that it reads itself. */
function ctesOf(world: RunWorld, id: string): Cte[] {
  const node = world.manifest.nodes.get(id);
  if (node === undefined) return [];
  const context = new NodeContext(world, node.package_name, { node, model: modelDict(node) });
  const bare = context.render(node.original_file_path, node.raw_code);
  const inner = [...context.ephemerals].flatMap((each) => ctesOf(world, each));
  return [...inner, { id, name: EPHEMERAL_PREFIX + node.alias, sql: bare }];
}

/** A query's own `with`, behind white space and comments, and the white space after it. */
const WITH = /^(?:\s|--[^\n]*(?:\n|$)|\/\*[\s\S]*?\*\/)*with\b(?:\s+recursive\b)?\s*/i;

/** A query with more CTEs in front of it, as dbt writes them. */
export function withCtes(query: Rendering, ctes: readonly Cte[]): Rendering {
  if (ctes.length === 0) return query;
  const list = ctes.flatMap(({ name, sql }, index) => [
    index === 0 ? ` ${name} as (\n` : `,  ${name} as (\n`,
    sql,
    "\n)",
  ]);
  const own = WITH.exec(query.text)?.[0];
  const { length } = query.text;
  if (own !== undefined)
    return joinRenderings([query.slice(0, own.length), ...list, ", ", query.slice(own.length, length)]);
  const start = length - query.text.trimStart().length;
  return joinRenderings([query.slice(0, start), "with", ...list, " ", query.slice(start, length)]);
}
