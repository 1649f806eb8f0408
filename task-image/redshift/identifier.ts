import { createHash } from "node:crypto";
import { type NameLimit, refuseLongNames } from "../loading/targets.ts";
import type { TableName } from "../sql/identifier.ts";

/** Amazon Redshift Database Developer Guide, Names and identifiers. */
const NAME_LIMIT: NameLimit = { warehouse: "Redshift", max: 127, unit: "bytes" };

/** A name as the catalog holds it: Redshift folds quoted names too, and ASCII letters only. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A table as the catalog holds it. Throws a ConfigurationError for names that are too long. */
export function foldTable(name: TableName): TableName {
  refuseLongNames(name, NAME_LIMIT);
  return { schema: foldName(name.schema), table: foldName(name.table) };
}

/** A part of a key for kelt's own objects of a table, whatever characters its name holds. */
export function objectName({ schema, table }: TableName): string {
  return createHash("sha256").update(`${schema}.${table}`).digest("hex").slice(0, 16);
}
