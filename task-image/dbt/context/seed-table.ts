import { type DataMap, isMap } from "../project/data.ts";
import { typedColumn } from "../values/column-type.ts";
import { fail } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import { readCsv } from "./csv-rows.ts";

/**
 * A seed's file as agate reads it: each column has the first type that all of its cells have, `null` and nothing are None. Columns of
 * `column_types` stay text, because the database gives them their type.
 *
 * @throws {EvaluationError} for a file without a header, and for rows that have more cells than it.
 */
export function readSeed(file: string, text: string, config: DataMap): TableValue {
  const delimiter = typeof config.delimiter === "string" ? config.delimiter : ",";
  const typed = isMap(config.column_types) ? config.column_types : {};
  const [header = [], ...rows] = readCsv(text, delimiter);
  const names = columnNames(header);
  if (names.length === 0) fail(`${file}: the seed is empty: its first line names the columns`);
  for (const [index, row] of rows.entries()) {
    if (row.length > names.length) {
      fail(`${file}: row ${index} has ${row.length} values, and the header names ${names.length} columns`);
    }
  }
  const columns = names.map((name, index) => {
    const cells = rows.map((row) => row[index] ?? null);
    return typedColumn(cells, "file", Object.hasOwn(typed, name));
  });
  const cells = rows.map((_, row) => columns.map((column) => column.cells[row] ?? null));
  return new TableValue(
    names,
    columns.map(({ type }) => type),
    cells,
  );
}

/** Names as agate gives them: letters where the header has none, `name_2` for the second one of a name. */
function columnNames(header: readonly string[]): string[] {
  const seen = new Set<string>();
  return header.map((written, index) => {
    const name = written === "" ? letterName(index) : written;
    let free = name;
    for (let count = 2; seen.has(free); count += 1) free = `${name}_${count}`;
    seen.add(free);
    return free;
  });
}

/** `a` to `z`, then `aa`, `bb`, …. */
function letterName(index: number): string {
  return "abcdefghijklmnopqrstuvwxyz".charAt(index % 26).repeat(Math.floor(index / 26) + 1);
}
