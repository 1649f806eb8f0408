import { toText } from "../../jinja/values/text-form.ts";
import type { Value } from "../../jinja/values/value.ts";
import type { ColumnType } from "./column-type.ts";
import { fail } from "./host-function.ts";

/** What agate's `Table.join` needs of a table. */
export interface Joined {
  readonly names: readonly string[];
  readonly types: readonly ColumnType[];
  readonly cells: readonly (readonly Value[])[];
}

/**
 * agate's left outer join: each row with the columns of the rows of another table that have the same key, which is not repeated; a name
 * that is there already gets a 2 at its end.
 */
export function joinTables(
  left: Joined,
  right: Joined,
  leftKey: readonly string[],
  rightKey: readonly string[],
): Joined {
  const [places, others] = [placesOf(left, leftKey), placesOf(right, rightKey)];
  const added = right.names.flatMap((_, place) => (others.includes(place) ? [] : [place]));
  const byKey = Map.groupBy(right.cells, (cells) => keyOf(cells, others));
  const none = added.map((): Value => null);
  return {
    names: [...left.names, ...added.map((place) => freeName(right.names[place] ?? "", left.names))],
    types: [...left.types, ...added.map((place) => right.types[place] ?? "Text")],
    cells: left.cells.flatMap((cells) => {
      const found = byKey.get(keyOf(cells, places));
      if (found === undefined) return [[...cells, ...none]];
      return found.map((more) => [...cells, ...added.map((place) => more[place] ?? null)]);
    }),
  };
}

function placesOf({ names }: Joined, key: readonly string[]): readonly number[] {
  return key.map((name) => {
    const place = names.indexOf(name);
    return place < 0 ? fail(`the table has no column '${name}': it has ${names.join(", ")}`) : place;
  });
}

function keyOf(cells: readonly Value[], places: readonly number[]): string {
  return JSON.stringify(places.map((place) => [cells[place] === null, toText(cells[place] ?? null)]));
}

function freeName(name: string, taken: readonly string[]): string {
  return taken.includes(name) ? `${name}2` : name;
}
