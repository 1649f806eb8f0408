import { type Origins, type Output, type OutputColumn, oneOf } from "./origin.ts";

/** A name that columns are asked of: a table, a CTE, a subquery or a function in FROM. */
export interface ScopeRelation {
  readonly alias: string;
  /** Of a table that no alias hides: `schema.table.column` may be written. */
  readonly schema?: string | undefined;
  readonly columns: Output;
  /** What a column is that is known to be of this relation, where its columns are not known. */
  readonly originsOf: (column: string) => Origins;
  /** What its name alone means: the result of a function; of tables it is a row, and unknown. */
  readonly wholeRow?: Origins;
}

/** What FROM brings. */
export interface FromItem {
  readonly relations: readonly ScopeRelation[];
  /** What `*` means. */
  readonly star: Output;
  /** Columns that USING has made one of two. */
  readonly merged: ReadonlyMap<string, Origins>;
  /** Names without a relation cannot be told: NATURAL over columns that are not known. */
  readonly isOpaque: boolean;
}

/** The names that an expression sees: of its own query, then of the queries around it. */
export interface Scope extends FromItem {
  readonly outer: Scope | undefined;
}

export function itemOf(relation: ScopeRelation): FromItem {
  return { relations: [relation], star: relation.columns, merged: new Map(), isOpaque: false };
}

/** Items beside each other, as commas and joins set them. */
export function beside(items: readonly FromItem[]): FromItem {
  const stars = items.map(({ star }) => star);
  return {
    relations: items.flatMap(({ relations }) => relations),
    star: stars.some((star) => star === undefined) ? undefined : stars.flatMap((star) => star ?? []),
    merged: new Map(items.flatMap(({ merged }) => [...merged])),
    isOpaque: items.some(({ isOpaque }) => isOpaque),
  };
}

export type JoinSide = "left" | "right" | "both";

/** A join whose USING makes one column of two; `value` says whose it is. */
export function joinedUsing(left: FromItem, right: FromItem, names: readonly string[], value: JoinSide): FromItem {
  const both = beside([left, right]);
  const merged = names.map((name) => {
    const [own, other] = [
      unqualified({ ...left, outer: undefined }, name),
      unqualified({ ...right, outer: undefined }, name),
    ];
    const origins = value === "left" ? own : value === "right" ? other : oneOf([own, other]);
    return [name, origins] as const;
  });
  const rest = (star: Output) => star?.filter(({ name }) => name === undefined || !names.includes(name));
  const [first, second] = [rest(left.star), rest(right.star)];
  const named: readonly OutputColumn[] = merged.map(([name, origins]) => ({ name, origins }));
  return {
    ...both,
    star: first === undefined || second === undefined ? undefined : [...named, ...first, ...second],
    merged: new Map([...both.merged, ...merged]),
  };
}

/** `relation.column` or `schema.relation.column`: unknown unless the nearest relation of that name has it. */
export function qualified(scope: Scope | undefined, alias: string, column: string, schema?: string): Origins {
  if (scope === undefined) return undefined;
  const relation = relationIn(scope, alias, schema);
  return relation === undefined ? qualified(scope.outer, alias, column, schema) : ofRelation(relation, column);
}

export function relationIn(scope: Scope, alias: string, schema?: string): ScopeRelation | undefined {
  return scope.relations.find((each) => each.alias === alias && (schema === undefined || each.schema === schema));
}

function ofRelation({ columns, originsOf }: ScopeRelation, column: string): Origins {
  if (columns === undefined) return originsOf(column);
  const found = columns.filter(({ name }) => name === column);
  return found.length === 1 ? found[0]?.origins : undefined;
}

/**
 * A column without a relation. The database takes no name that two relations of a query have, so one that is found is the one that is
 * meant. One that is not found can only be told where a single relation has columns that are not known, and no query is around.
 */
export function unqualified(scope: Scope | undefined, column: string): Origins {
  if (scope === undefined || scope.isOpaque) return undefined;
  if (scope.merged.has(column)) return scope.merged.get(column);
  const owners = scope.relations.filter(({ columns }) => columns?.some(({ name }) => name === column));
  const [owner] = owners;
  if (owner !== undefined) return owners.length === 1 ? ofRelation(owner, column) : undefined;
  const unknown = scope.relations.filter(({ columns }) => columns === undefined);
  const [only] = unknown;
  const named = relationIn(scope, column);
  if (named !== undefined) return unknown.every((each) => each === named) ? named.wholeRow : undefined;
  if (only === undefined) return unqualified(scope.outer, column);
  return unknown.length === 1 && scope.outer === undefined ? only.originsOf(column) : undefined;
}
