/** Where the value of a column comes from: a column of a node. */
export interface Origin {
  /** Unique id. */
  readonly node: string;
  readonly column: string;
  /** The value as it is there, under whatever name; else it is computed from it. */
  readonly isSame: boolean;
}

/** All columns that a value comes from, none where it comes from no column; undefined where it cannot be told. */
export type Origins = readonly Origin[] | undefined;

/** A column that a query answers; without a name where the database makes one up. */
export interface OutputColumn {
  readonly name: string | undefined;
  readonly origins: Origins;
}

/** What a query answers, in its order; undefined where its columns cannot be told. */
export type Output = readonly OutputColumn[] | undefined;

/** The origins of a value that is computed of others: unknown as soon as one of them is. */
export function computedFrom(all: readonly Origins[]): Origins {
  return joined(all, (origin) => ({ ...origin, isSame: false }));
}

/** The origins of a value that is one of others, as in a union. */
export function oneOf(all: readonly Origins[]): Origins {
  return joined(all, (origin) => origin);
}

function joined(all: readonly Origins[], shown: (origin: Origin) => Origin): Origins {
  const found = new Map<string, Origin>();
  for (const origins of all) {
    if (origins === undefined) return undefined;
    for (const origin of origins) {
      const key = JSON.stringify([origin.node, origin.column]);
      const known = found.get(key);
      const { isSame, ...rest } = shown(origin);
      found.set(key, { ...rest, isSame: isSame && known?.isSame !== false });
    }
  }
  return [...found.values()];
}
