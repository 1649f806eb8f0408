import type { Alias, JoinExpr, Node, RangeFunction, RangeSubselect, RangeVar, SelectStmt } from "libpg-query";
import { memberOf, textOf } from "./expression.ts";
import { computedFrom, type Origins, type Output } from "./origin.ts";
import { beside, type FromItem, itemOf, type JoinSide, joinedUsing, type Scope, type ScopeRelation } from "./scope.ts";

/** A table as the project knows it. */
export interface KnownTable {
  /** The node that makes it. */
  readonly node: string;
  /** In their order; undefined where the database has not said. */
  readonly columns: readonly string[] | undefined;
}

/** What a FROM needs of what is around it. */
export interface FromSetting {
  readonly outer: Scope | undefined;
  readonly findCte: (name: string) => { readonly answer: Output } | undefined;
  readonly findTable: (path: TablePath) => KnownTable | undefined;
  /** What a query answers that sees these names around it. */
  readonly answerOf: (query: SelectStmt, outer: Scope | undefined) => Output;
  /** The origins of the arguments of a function. */
  readonly originsIn: (expression: unknown, scope: Scope) => Origins;
}

export interface TablePath {
  readonly database: string | undefined;
  readonly schema: string | undefined;
  readonly name: string;
}

const NOTHING: FromItem = { relations: [], star: undefined, merged: new Map(), isOpaque: true };

/** All items of a FROM; a later one may see those before it where it says LATERAL. */
export function fromItems(nodes: readonly Node[], setting: FromSetting): FromItem {
  const items: FromItem[] = [];
  for (const node of nodes) items.push(fromItem(node, items, setting));
  return beside(items);
}

function fromItem(node: Node, before: readonly FromItem[], setting: FromSetting): FromItem {
  const table = memberOf<RangeVar>(node, "RangeVar");
  if (table !== undefined) return itemOf(relationOf(table, setting));
  const join = memberOf<JoinExpr>(node, "JoinExpr");
  if (join !== undefined) return joinOf(join, before, setting);
  const query = memberOf<RangeSubselect>(node, "RangeSubselect");
  if (query !== undefined) return itemOf(subqueryOf(query, before, setting));
  const called = memberOf<RangeFunction>(node, "RangeFunction");
  if (called !== undefined) return itemOf(functionOf(called, before, setting));
  const sample = memberOf<{ readonly relation?: Node }>(node, "RangeTableSample")?.relation;
  return sample === undefined ? NOTHING : fromItem(sample, before, setting);
}

function relationOf({ catalogname, schemaname, relname = "", alias }: RangeVar, setting: FromSetting): ScopeRelation {
  const cte = schemaname === undefined ? setting.findCte(relname) : undefined;
  const name = alias?.aliasname ?? relname;
  if (cte !== undefined) return renamed({ alias: name, columns: cte.answer, originsOf: () => undefined }, alias);
  const table = setting.findTable({ database: catalogname, schema: schemaname, name: relname });
  const originOf = (column: string): Origins =>
    table === undefined ? undefined : [{ node: table.node, column, isSame: true }];
  const columns = table?.columns?.map((column) => ({ name: column, origins: originOf(column) }));
  const schema = alias === undefined ? schemaname : undefined;
  return renamed({ alias: name, schema, columns, originsOf: originOf }, alias);
}

/** `AS t (a, b)`: the first columns get other names. */
function renamed(relation: ScopeRelation, alias: Alias | undefined): ScopeRelation {
  const names = (alias?.colnames ?? []).map(textOf);
  if (names.length === 0) return relation;
  const columns = relation.columns?.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  return { ...relation, columns, originsOf: () => undefined };
}

function subqueryOf({ lateral, subquery, alias }: RangeSubselect, before: readonly FromItem[], setting: FromSetting) {
  const outer = lateral === true ? { ...beside(before), outer: setting.outer } : setting.outer;
  const query = subquery === undefined ? undefined : memberOf<SelectStmt>(subquery, "SelectStmt");
  const columns = query === undefined ? undefined : setting.answerOf(query, outer);
  return renamed({ alias: alias?.aliasname ?? "", columns, originsOf: () => undefined }, alias);
}

/** Every column of a function comes from its arguments; how many it has is not known unless they are named. */
function functionOf(
  { functions = [], alias, coldeflist = [], ordinality }: RangeFunction,
  before: readonly FromItem[],
  setting: FromSetting,
) {
  const origins = computedFrom([setting.originsIn(functions, { ...beside(before), outer: setting.outer })]);
  const defined = coldeflist.map((each) => memberOf<{ readonly colname?: string }>(each, "ColumnDef")?.colname);
  const names = defined.length > 0 ? defined : (alias?.colnames ?? []).map(textOf);
  const isNamed = names.length > 0 && ordinality !== true;
  const columns = isNamed ? names.map((name) => ({ name, origins })) : undefined;
  return { alias: alias?.aliasname ?? "", columns, originsOf: () => origins, wholeRow: origins };
}

const VALUE_OF: Readonly<Record<string, JoinSide>> = { JOIN_RIGHT: "right", JOIN_FULL: "both" };

function joinOf(join: JoinExpr, before: readonly FromItem[], setting: FromSetting): FromItem {
  const { larg, rarg, jointype = "JOIN_INNER", isNatural, usingClause = [], alias, join_using_alias } = join;
  const left = larg === undefined ? NOTHING : fromItem(larg, before, setting);
  const right = rarg === undefined ? NOTHING : fromItem(rarg, [...before, left], setting);
  // An alias hides the names of both sides.
  if (alias !== undefined || join_using_alias !== undefined) return NOTHING;
  const names = isNatural === true ? sharedNames(left, right) : usingClause.map(textOf);
  if (names === undefined) return { ...beside([left, right]), star: undefined, isOpaque: true };
  const known = names.filter((name) => name !== undefined);
  return known.length === 0 ? beside([left, right]) : joinedUsing(left, right, known, VALUE_OF[jointype] ?? "left");
}

function sharedNames({ star: left }: FromItem, { star: right }: FromItem): readonly string[] | undefined {
  if (left === undefined || right === undefined) return undefined;
  const others = new Set(right.map(({ name }) => name));
  return left.flatMap(({ name }) => (name !== undefined && others.has(name) ? [name] : []));
}
