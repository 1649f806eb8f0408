import type { ColumnRef, Node, SelectStmt, SubLink } from "libpg-query";
import { computedFrom, type Origins, type Output } from "./origin.ts";
import { qualified, type Scope, unqualified } from "./scope.ts";

/** What an expression needs beside the names that it sees. */
export interface ExpressionSetting {
  readonly scope: Scope;
  /** What a query inside the expression answers. */
  readonly answerOf: (query: SelectStmt) => Output;
  /** The query's own windows by name: their columns are part of what is computed over them. */
  readonly windows: ReadonlyMap<string, unknown>;
}

/** Where the value of an expression comes from. A column alone is the same value, everything else is computed. */
export function originsOf(expression: Node | undefined, setting: ExpressionSetting): Origins {
  const only = expression === undefined ? undefined : memberOf<ColumnRef>(expression, "ColumnRef");
  if (only !== undefined) return originsOfReference(only, setting.scope);
  const found: Origins[] = [];
  collect(expression, setting, found);
  return computedFrom(found);
}

/** Columns anywhere in a tree. */
function collect(tree: unknown, setting: ExpressionSetting, found: Origins[]): void {
  if (typeof tree !== "object" || tree === null) return;
  if (Array.isArray(tree)) {
    for (const each of tree) collect(each, setting, found);
    return;
  }
  for (const [key, value] of Object.entries(tree)) collectMember(key, value, setting, found);
}

function collectMember(key: string, value: unknown, setting: ExpressionSetting, found: Origins[]): void {
  if (key === "ColumnRef") found.push(originsOfReference(value as ColumnRef, setting.scope));
  else if (key === "SubLink") collectSubquery(value as SubLink, setting, found);
  else if (key === "SelectStmt") found.push(undefined);
  else {
    if (key === "over") collect(setting.windows.get(nameOfWindow(value)), setting, found);
    collect(value, setting, found);
  }
}

function nameOfWindow(over: unknown): string {
  const { name, refname } = over as { readonly name?: string; readonly refname?: string };
  return name ?? refname ?? "";
}

/** The value of a query in parentheses, or a comparison with its rows; whether there is a row comes from no column that it answers. */
function collectSubquery(
  { subLinkType, testexpr, subselect }: SubLink,
  setting: ExpressionSetting,
  found: Origins[],
): void {
  const query = subselect === undefined ? undefined : memberOf<SelectStmt>(subselect, "SelectStmt");
  const answer = query === undefined || subLinkType === "EXISTS_SUBLINK" ? undefined : setting.answerOf(query);
  if (answer === undefined) found.push(undefined);
  for (const { origins } of answer ?? []) found.push(origins);
  collect(testexpr, setting, found);
}

function originsOfReference({ fields = [] }: ColumnRef, scope: Scope): Origins {
  const names = fields.map(textOf);
  const [last, ...before] = names.reverse();
  if (last === undefined || before.some((name) => name === undefined)) return undefined;
  const [relation, schema] = before;
  return relation === undefined ? unqualified(scope, last) : qualified(scope, relation, last, schema);
}

/** The text of a name; undefined for `*`. */
export function textOf(node: Node): string | undefined {
  return memberOf<{ readonly sval?: string }>(node, "String")?.sval;
}

/** What a node of the tree is, where it is of that kind. */
export function memberOf<Kind>(node: Node, kind: string): Kind | undefined {
  return (node as unknown as Readonly<Record<string, Kind | undefined>>)[kind];
}
