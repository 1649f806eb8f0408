import { DataError } from "../../errors.ts";
import type { Session } from "../../postgres/session.ts";
import { quoteIdentifier } from "../../sql/identifier.ts";

/** Database Developer Guide, DECIMAL or NUMERIC type. */
const PRECISION_MAX = 38;
const SCALE_MAX = 37;

/** A column of a target that keeps its type, as it lands: with more digits behind the point, so that COPY rounds none of them away. */
export interface KeptDecimal {
  readonly name: string;
  /** The target's type. */
  readonly kept: string;
}

/** The decimal with as many digits before the point as `type` and all others behind it; undefined for other types, and where there is none. */
export function landingDecimal(type: string): string | undefined {
  const [, precision, scale] = /^(?:numeric|decimal)\(([0-9]+),([0-9]+)\)$/.exec(type) ?? [];
  if (precision === undefined) return undefined;
  const wider = Math.min(SCALE_MAX, PRECISION_MAX - (Number(precision) - Number(scale)));
  return wider > Number(scale) ? `decimal(${PRECISION_MAX},${wider})` : undefined;
}

/** Throws a DataError where a value has more digits than the target's type keeps: it would be rounded without a word. */
export async function refuseRounded(
  session: Session,
  place: string,
  table: string,
  columns: readonly KeptDecimal[],
): Promise<void> {
  if (columns.length === 0) return;
  const items = columns.flatMap(({ name, kept }, index) => {
    const value = quoteIdentifier(name);
    const rounded = `${value} <> CAST(${value} AS ${kept})`;
    return [
      `SUM(CASE WHEN ${rounded} THEN 1 ELSE 0 END) AS n${index}`,
      `MIN(CASE WHEN ${rounded} THEN CAST(${value} AS varchar) END) AS v${index}`,
    ];
  });
  const { rows } = await session.query<Record<string, string | number | null>>(
    `SELECT ${items.join(", ")} FROM ${quoteIdentifier(table)}`,
  );
  const found = columns.flatMap(({ name, kept }, index) => {
    const times = Number(rows[0]?.[`n${index}`] ?? 0);
    const shown = String(rows[0]?.[`v${index}`] ?? "").replace(/0+$/, "");
    return times === 0
      ? []
      : [`column ${name} is ${kept}, and ${times} of its values have more digits, ${shown} among them`];
  });
  if (found.length === 0) return;
  throw new DataError(
    "TooManyDigits",
    `${place}: expected numbers that the target's types hold, found that ${found.join("; ")}. Nothing has been published. Change the column's type, or round the numbers in the files`,
  );
}
