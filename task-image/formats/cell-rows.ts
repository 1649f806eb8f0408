import { type CsvDialect, valuesOf } from "./csv-dialect.ts";

/** The dialect of rows whose last cell is an array of all cells: characters that hardly any text holds. */
export const CELLS_DIALECT = { delimiter: "\u0002", quote: "\u0001" } as const;

/**
 * The cells of a record as one array of Postgres, in quotes for a COPY: `{"a",NULL,"c"}`. `places` says where each cell stands in the
 * array, which has as many elements as `width`. Bytes as latin1.
 */
export function cellsArray(
  record: string,
  dialect: CsvDialect,
  { places, width }: { readonly places: readonly number[]; readonly width: number },
): string {
  const elements = Array.from({ length: width }, () => "NULL");
  for (const [index, value] of valuesOf(record, dialect).entries()) {
    if (value !== null) elements[places[index] ?? width] = `"${value.replace(/["\\]/g, "\\$&")}"`;
  }
  const { quote } = CELLS_DIALECT;
  return `${quote}{${elements.join(",").replaceAll(quote, quote + quote)}}${quote}`;
}
