import { DataError } from "../../errors.ts";
import type { ObjectsToStage } from "../../objects/object-warehouse.ts";
import { quoteIdentifier, quoteTable } from "../../sql/identifier.ts";
import { foldName, quoteText } from "../identifier.ts";
import type { SnowflakeSession } from "../session.ts";
import { DOCUMENT, type Landed } from "./landing.ts";
import { type ColumnClasses, classAggregates, classOfJson, classOfText } from "./value-class.ts";

/** Columns whose values are classed by one statement. */
const CLASSED_AT_ONCE = 100;

/** A column that landed. */
export interface LandedColumn {
  readonly name: string;
  /** SQL of a row's value, as text; the row is called `r`. */
  readonly text: string;
  /** SQL of it as VARIANT, where it is one. */
  readonly variant?: string;
}

/** The columns of what landed, and the classes of their values. */
export interface Classed {
  readonly columns: readonly LandedColumn[];
  readonly classes: ReadonlyMap<string, ColumnClasses>;
}

/** Looks at all values of what landed; those of the columns in `known` matter to nobody. */
export async function classifyColumns(
  session: SnowflakeSession,
  wanted: ObjectsToStage,
  landed: Landed,
  known: ReadonlySet<string>,
): Promise<Classed> {
  if (wanted.format.kind !== "csv") return await classifyDocuments(session, wanted, landed);
  const columns = landed.columns.map((name) => ({ name, text: `r.${quoteIdentifier(name)}` }));
  const classes = new Map<string, ColumnClasses>();
  const unknown = columns.filter(({ name }) => !known.has(name));
  for (let at = 0; at < unknown.length; at += CLASSED_AT_ONCE) {
    const batch = unknown.slice(at, at + CLASSED_AT_ONCE);
    const selected = batch.flatMap(({ text }, index) =>
      classAggregates(classOfText(text), text).map((sql, part) => `${sql} AS "${"CWS".charAt(part)}${index}"`),
    );
    const [row = {}] = await session.query(`SELECT ${selected.join(", ")} FROM ${quoteTable(landed.table)} AS r`);
    for (const [index, { name }] of batch.entries()) classes.set(name, readClasses(row, String(index)));
  }
  return { columns, classes };
}

/** Every key of any document is a column. */
async function classifyDocuments(
  session: SnowflakeSession,
  { source }: ObjectsToStage,
  landed: Landed,
): Promise<Classed> {
  const text = `CAST(f.VALUE AS VARCHAR)`;
  const [classes, whole, scale] = classAggregates("c.CLASS", "c.TEXT");
  const rows = await session.query(
    `SELECT c.KEY AS "KEY", ${classes} AS "C", ${whole} AS "W", ${scale} AS "S" FROM (
       SELECT f.KEY AS KEY, ${text} AS TEXT, ${classOfJson("TYPEOF(f.VALUE)", text)} AS CLASS
       FROM ${quoteTable(landed.table)} AS r, LATERAL FLATTEN(INPUT => r.${quoteIdentifier(DOCUMENT)}) AS f WHERE f.KEY IS NOT NULL
     ) AS c GROUP BY c.KEY ORDER BY c.KEY`,
  );
  const keys = rows.map(({ KEY }) => KEY ?? "");
  const columns = keys.map((key) => documentColumn(key));
  const rival = columns.find(({ name }, index) => columns.findIndex((other) => other.name === name) !== index);
  if (rival !== undefined) {
    const named = keys.filter((key) => foldName(key) === rival.name).map((key) => `"${key}"`);
    throw new DataError(
      "BadKey",
      `${source}: expected keys that differ in more than upper and lower case, found ${named.join(" and ")}. Rename one of them in the files`,
    );
  }
  return { columns, classes: new Map(rows.map((row) => [foldName(row.KEY ?? ""), readClasses(row, "")])) };
}

/** The value of a key of the documents. */
export function documentColumn(key: string): LandedColumn {
  const variant = `r.${quoteIdentifier(DOCUMENT)}[${quoteText(key)}]`;
  return { name: foldName(key), text: `CAST(${variant} AS VARCHAR)`, variant };
}

function readClasses(row: Readonly<Record<string, string | null>>, suffix: string): ColumnClasses {
  const [classes, wholeDigits, scale] = ["C", "W", "S"].map((part) => Number(row[`${part}${suffix}`] ?? 0));
  return { classes: classes ?? 0, wholeDigits: wholeDigits ?? 0, scale: scale ?? 0 };
}
