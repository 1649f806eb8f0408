import { DataError } from "../errors.ts";
import { type TravellingColumn, travelling } from "./column-type.ts";

/** A row of DuckDB's parquet_schema: an element of the schema, parents before their children. */
export interface SchemaElement {
  readonly name: string;
  /** The physical type. */
  readonly type: string | null;
  readonly children: number;
  readonly logicalType: string;
  /** What DuckDB reads it as. */
  readonly duckdbType: string | null;
}

/** A column as DuckDB lists it: names that differ in case alone have got numbers. */
export interface ListedColumn {
  readonly name: string;
  readonly type: string;
}

/** A column of a file. */
export interface ParquetColumn {
  /** As the file says it. */
  readonly name: string;
  /** As DuckDB calls it. */
  readonly alias: string;
  readonly travelling: TravellingColumn;
}

/**
 * The columns of a file, in its order. Throws a DataError for types that Postgres has no equal of, and, unless digits may be `cut`, for
 * times in nanoseconds that DuckDB cuts while it reads them: https://github.com/duckdb/duckdb/issues/25857
 */
export function columnsOfSchema(
  uri: string,
  elements: readonly SchemaElement[],
  listed: readonly ListedColumn[],
  nanoseconds: "refuse" | "cut",
): readonly ParquetColumn[] {
  const names = topNames(elements);
  const cut = elements.find(isCutByReader);
  if (nanoseconds === "refuse" && cut !== undefined) {
    throw new DataError(
      "NanosecondsCut",
      `${uri}: column ${cut.name} holds times in nanoseconds (${cut.type === "INT96" ? "INT96" : "of UTC, or of a day"}), of which microseconds can be read. Write them in microseconds, or set load.from.format.parquet.nanoseconds to cut`,
    );
  }
  return listed.map(({ name: alias, type }, index) => {
    const name = names[index] ?? alias;
    const found = travelling(type);
    if (found !== undefined) return { name, alias, travelling: found };
    throw new DataError(
      "UnknownType",
      `${uri}: column ${name} is of type ${type}, which has no equal in Postgres. Write it as text, or leave it out`,
    );
  });
}

/** The elements directly below the root, whose own children are passed over. */
function topNames(elements: readonly SchemaElement[]): readonly string[] {
  const names: string[] = [];
  let at = 1;
  const skip = () => {
    const { children = 0 } = elements[at] ?? {};
    at += 1;
    for (let child = 0; child < children; child += 1) skip();
  };
  while (at < elements.length) {
    names.push(elements[at]?.name ?? "");
    skip();
  }
  return names;
}

function isCutByReader({ type, logicalType, duckdbType }: SchemaElement): boolean {
  const isNanoseconds = type === "INT96" || logicalType.includes("NANOS=Nano");
  return isNanoseconds && !/_NS$/.test(duckdbType ?? "");
}
