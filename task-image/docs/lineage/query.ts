import type { CommonTableExpr, FuncCall, Node, ParseResult, ResTarget, SelectStmt, TypeCast } from "libpg-query";
import { type ExpressionSetting, memberOf, originsOf, textOf } from "./expression.ts";
import { type FromSetting, fromItems, type KnownTable, type TablePath } from "./from-clause.ts";
import { computedFrom, type Origin, type Output, type OutputColumn, oneOf } from "./origin.ts";
import { relationIn, type Scope } from "./scope.ts";

/** What a query of a project may read. */
export interface Tables {
  find(path: TablePath): KnownTable | undefined;
  /** The node whose query stands in front of others as a CTE of that name. */
  ephemeral(cte: string): string | undefined;
}

/** CTEs that a query sees; those of the queries around it as well. */
type Ctes = ReadonlyMap<string, { readonly answer: Output }>;

/**
 * Where the columns of a query come from: of each column that can be told, by its name, the columns of nodes. Undefined where the text is
 * not one query, or where its columns cannot be told. What is in the map is certain; a doubt leaves a column out.
 */
export function queryLineage(tree: ParseResult, tables: Tables): ReadonlyMap<string, readonly Origin[]> | undefined {
  const statements = tree.stmts ?? [];
  const [only] = statements;
  const query = only?.stmt === undefined ? undefined : memberOf<SelectStmt>(only.stmt, "SelectStmt");
  if (statements.length !== 1 || query === undefined) return undefined;
  const columns = answerOf(query, { tables, ctes: new Map(), outer: undefined });
  if (columns === undefined) return undefined;
  const counts = Map.groupBy(columns, ({ name }) => name);
  return new Map(
    columns.flatMap(({ name, origins }) =>
      name === undefined || origins === undefined || counts.get(name)?.length !== 1 ? [] : [[name, origins] as const],
    ),
  );
}

interface QuerySetting {
  readonly tables: Tables;
  readonly ctes: Ctes;
  readonly outer: Scope | undefined;
}

function answerOf(query: SelectStmt, around: QuerySetting): Output {
  const ctes = new Map(around.ctes);
  const isRecursive = query.withClause?.recursive === true;
  for (const node of query.withClause?.ctes ?? []) {
    const cte = memberOf<CommonTableExpr>(node, "CommonTableExpr");
    if (cte?.ctename !== undefined)
      ctes.set(cte.ctename, { answer: answerOfCte(cte, { ...around, ctes }, isRecursive) });
  }
  const setting = { ...around, ctes };
  if (query.op !== undefined && query.op !== "SETOP_NONE") return answerOfSet(query, setting);
  if (query.valuesLists !== undefined) return answerOfValues(query.valuesLists, setting);
  return answerOfSelect(query, setting);
}

function answerOfCte(cte: CommonTableExpr, setting: QuerySetting, isRecursive: boolean): Output {
  const { ctename = "", ctequery, aliascolnames = [] } = cte;
  const query = ctequery === undefined ? undefined : memberOf<SelectStmt>(ctequery, "SelectStmt");
  if (query === undefined) return undefined;
  const names = aliascolnames.map(textOf);
  const named = (answer: Output): Output =>
    answer?.map((column, index) => ({ ...column, name: names[index] ?? column.name }));
  if (!isRecursive || query.op !== "SETOP_UNION" || query.larg === undefined) {
    return ofEphemeral(setting.tables.ephemeral(ctename), named(answerOf(query, setting)));
  }
  // A query that reads itself: its columns are those of its first part, what they come from takes both.
  return named(answerOf(query.larg, setting))?.map(({ name }) => ({ name, origins: undefined }));
}

/** A model without a table of its own stands in front of the query: its columns are its own. */
function ofEphemeral(node: string | undefined, answer: Output): Output {
  if (node === undefined) return answer;
  return answer?.map(({ name }) => ({
    name,
    origins: name === undefined ? undefined : [{ node, column: name, isSame: true }],
  }));
}

function answerOfSet({ op, larg, rarg }: SelectStmt, setting: QuerySetting): Output {
  if (larg === undefined || rarg === undefined) return undefined;
  const [left, right] = [answerOf(larg, setting), answerOf(rarg, setting)];
  if (left === undefined || right === undefined || left.length !== right.length) return undefined;
  if (op !== "SETOP_UNION") return left;
  return left.map(({ name, origins }, index) => ({ name, origins: oneOf([origins, right[index]?.origins]) }));
}

function answerOfValues(lists: readonly Node[], setting: QuerySetting): Output {
  const rows = lists.map((list) => memberOf<{ readonly items?: readonly Node[] }>(list, "List")?.items ?? []);
  const expression = expressionSetting({ ...EMPTY, outer: setting.outer }, setting, []);
  return (rows[0] ?? []).map((_, index) => ({
    name: `column${index + 1}`,
    origins: computedFrom(rows.map((row) => originsOf(row[index], expression))),
  }));
}

const EMPTY = { relations: [], star: [], merged: new Map(), isOpaque: false };

function answerOfSelect(
  { fromClause = [], targetList = [], windowClause = [] }: SelectStmt,
  setting: QuerySetting,
): Output {
  const from: FromSetting = {
    outer: setting.outer,
    findCte: (name) => setting.ctes.get(name),
    findTable: (path) => setting.tables.find(path),
    answerOf: (query, outer) => answerOf(query, { ...setting, outer }),
    originsIn: (expression, scope) =>
      originsOf({ List: { items: [expression] } } as Node, expressionSetting(scope, setting, [])),
  };
  const scope: Scope = { ...fromItems(fromClause, from), outer: setting.outer };
  const expression = expressionSetting(scope, setting, windowClause);
  const columns: OutputColumn[] = [];
  for (const node of targetList) {
    const target = memberOf<ResTarget>(node, "ResTarget");
    if (target?.val === undefined) return undefined;
    const star = starOf(target.val, scope);
    if (star === undefined)
      columns.push({ name: target.name ?? figuredName(target.val), origins: originsOf(target.val, expression) });
    else if (star.columns === undefined) return undefined;
    else columns.push(...star.columns);
  }
  return columns;
}

function expressionSetting(scope: Scope, setting: QuerySetting, windows: readonly Node[]): ExpressionSetting {
  const named = windows.flatMap((node) => {
    const window = memberOf<{ readonly name?: string }>(node, "WindowDef");
    return window?.name === undefined ? [] : [[window.name, window] as const];
  });
  return { scope, answerOf: (query) => answerOf(query, { ...setting, outer: scope }), windows: new Map(named) };
}

/** The columns of `*` and `relation.*`; undefined for what is no star. */
function starOf(value: Node, scope: Scope): { readonly columns: Output } | undefined {
  const fields = memberOf<{ readonly fields?: readonly Node[] }>(value, "ColumnRef")?.fields ?? [];
  const last = fields.at(-1);
  if (last === undefined || memberOf(last, "A_Star") === undefined) return undefined;
  if (fields.length === 1) return { columns: scope.star };
  const [relation, schema] = fields.slice(0, -1).map(textOf).reverse();
  return { columns: relation === undefined ? undefined : relationIn(scope, relation, schema)?.columns };
}

/** The name that Postgres gives to a column without an alias, where it is that of a column, a function or a keyword. */
function figuredName(value: Node): string | undefined {
  const reference = memberOf<{ readonly fields?: readonly Node[] }>(value, "ColumnRef")?.fields?.at(-1);
  if (reference !== undefined) return textOf(reference);
  const called = memberOf<FuncCall>(value, "FuncCall")?.funcname?.at(-1);
  if (called !== undefined) return textOf(called);
  const cast = memberOf<TypeCast>(value, "TypeCast");
  if (cast?.arg !== undefined) return figuredName(cast.arg);
  return memberOf(value, "CoalesceExpr") === undefined ? undefined : "coalesce";
}
