import { DecimalValue } from "../values/decimal.ts";
import type { TableValue } from "../values/table.ts";

/** The type of the database for a column of a seed: numbers are integers where no one has decimals. */
export function convertType(table: TableValue, index: number): string {
  switch (table.types[index]) {
    case "Integer":
      return "integer";
    case "Number":
      return table.cells.some((cells) => hasDecimals(cells[index])) ? "float8" : "integer";
    case "Boolean":
      return "boolean";
    case "DateTime":
      return "timestamp without time zone";
    case "Date":
      return "date";
    default:
      return "text";
  }
}

function hasDecimals(cell: unknown): boolean {
  if (!(cell instanceof DecimalValue) || cell.exponent >= 0) return false;
  return cell.coefficient % 10n ** BigInt(-cell.exponent) !== 0n;
}
