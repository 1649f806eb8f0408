import { DataError } from "../errors.ts";
import type { ParquetReading } from "../formats/file-format.ts";
import { type TravellingColumn, travelling } from "./column-type.ts";

/** A row of DuckDB's parquet_schema: an element of the schema, parents before their children. */
export interface SchemaElement {
  /** Empty where the writer gave none. */
  readonly name: string;
  /** The physical type. */
  readonly type: string | null;
  readonly children: number;
  readonly logicalType: string;
  /** Digits of a decimal, and how many of them stand behind the point. */
  readonly precision: number | null;
  readonly scale: number | null;
  /** What DuckDB reads it as. */
  readonly duckdbType: string | null;
}

/** DuckDB's widest decimal; it reads a wider one as a wrong number of double precision. */
const DECIMAL_DIGITS_MAX = 38;

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
 * The columns of a file, in its order; one without a name is `column_N`, as in CSV. Throws a DataError for types that Postgres has no
 * equal of, for those that DuckDB does not read exactly at any depth, for fields that it does not distinguish, and, unless digits may be `cut`, for times in nanoseconds that
 * DuckDB cuts while it reads them: https://github.com/duckdb/duckdb/issues/25857
 */
export function columnsOfSchema(
  uri: string,
  elements: readonly SchemaElement[],
  listed: readonly ListedColumn[],
  { nanoseconds, binary }: ParquetReading,
): readonly ParquetColumn[] {
  const placed = placedElements(elements);
  refuseWideDecimal(uri, placed);
  refuseLikeNames(uri, placed);
  if (nanoseconds === "refuse") refuseCut(uri, placed);
  const top = placed.filter(({ depth }) => depth === 1);
  return listed.map(({ name: alias, type }, index) => {
    const name = top[index]?.place ?? alias;
    const found = travelling(type, binary);
    if (found !== undefined) return { name, alias, travelling: found };
    throw new DataError(
      "UnknownType",
      `${uri}: column ${name} is of type ${type}, which has no equal in Postgres. Write it as text, or leave it out`,
    );
  });
}

interface PlacedElement {
  readonly element: SchemaElement;
  /** 1 for a column. */
  readonly depth: number;
  /** The name of its column, and the names on the way to it: `prices.list.element`. */
  readonly place: string;
  /** Number of the element that it is a part of. */
  readonly parent: number;
}

/** The elements below the root with their places. */
function placedElements(elements: readonly SchemaElement[]): readonly PlacedElement[] {
  const placed: PlacedElement[] = [];
  let at = 1;
  const place = (above: string, depth: number, index: number, parent: number) => {
    const element = elements[at];
    if (element === undefined) return;
    at += 1;
    const name = element.name === "" ? `column_${index + 1}` : element.name;
    const own = above === "" ? name : `${above}.${name}`;
    const number = placed.push({ element, depth, place: own, parent });
    for (let child = 0; child < element.children; child += 1) place(own, depth + 1, child, number);
  };
  for (let column = 0; at < elements.length; column += 1) place("", 1, column, 0);
  return placed;
}

function refuseWideDecimal(uri: string, placed: readonly PlacedElement[]): void {
  const wide = placed.find(({ element: { logicalType, precision } }) => {
    return logicalType.startsWith("DecimalType") && (precision ?? 0) > DECIMAL_DIGITS_MAX;
  });
  if (wide === undefined) return;
  const { precision, scale } = wide.element;
  throw new DataError(
    "UnreadableDecimal",
    `${uri}: column ${wide.place} holds decimals of ${precision} digits, ${scale} of them behind the point, and decimals of at most ${DECIMAL_DIGITS_MAX} digits can be read exactly. Write it with fewer digits, or as text and declare its type in load.columns`,
  );
}

/** Of fields of a struct whose names differ in case alone DuckDB numbers all but the first, and JSON would have names that the file has not. */
function refuseLikeNames(uri: string, placed: readonly PlacedElement[]): void {
  const seen = new Map<string, string>();
  for (const { element, depth, place, parent } of placed) {
    const name = element.name.replaceAll(/[A-Z]/g, (letter) => letter.toLowerCase());
    const first = seen.get(`${parent} ${name}`);
    seen.set(`${parent} ${name}`, place);
    if (depth === 1 || first === undefined) continue;
    throw new DataError(
      "RepeatedKey",
      `${uri}: column ${place.split(".")[0]} has fields whose names differ in case alone or not at all (${first}, ${place}), which cannot be distinguished. Give one of them another name`,
    );
  }
}

function refuseCut(uri: string, placed: readonly PlacedElement[]): void {
  const cut = placed.find(({ element }) => isCutByReader(element));
  if (cut === undefined) return;
  const kind = cut.element.type === "INT96" ? "INT96" : "of UTC, or of a day";
  throw new DataError(
    "NanosecondsCut",
    `${uri}: column ${cut.place} holds times in nanoseconds (${kind}), of which microseconds can be read. Write them in microseconds, or set load.from.format.parquet.nanoseconds to cut`,
  );
}

function isCutByReader({ type, logicalType, duckdbType }: SchemaElement): boolean {
  const isNanoseconds = type === "INT96" || logicalType.includes("NANOS=Nano");
  return isNanoseconds && !/_NS$/.test(duckdbType ?? "");
}
