import { quoteIdentifier } from "../../sql/identifier.ts";
import type { Cast } from "./column-type.ts";
import type { LandedColumn } from "./inference.ts";
import { DOCUMENT } from "./landing.ts";

/** A column as it is staged: how its text becomes a value, and whether every text does. */
export interface TypedColumn extends LandedColumn {
  readonly type: string;
  readonly cast: Cast;
}

/** SQL: a value that is there and does not fit its type. */
export function badValue(text: string, isValid: string): string {
  return `(${text} IS NOT NULL AND NOT COALESCE(${isValid}, FALSE))`;
}

/** SQL: a document that is no object. */
export const IS_NO_OBJECT = `COALESCE(TYPEOF(r.${quoteIdentifier(DOCUMENT)}), 'NULL_VALUE') <> 'OBJECT'`;
