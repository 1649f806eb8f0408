import { createHash } from "node:crypto";
import { ConfigurationError } from "../errors.ts";
import type { TableName } from "../postgres/identifier.ts";

/** Amazon Redshift Database Developer Guide, Names and identifiers. */
const IDENTIFIER_BYTES_MAX = 127;

/** A name as the catalog holds it: Redshift folds quoted names too, and ASCII letters only. */
export function foldName(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => letter.toLowerCase());
}

/** A table as the catalog holds it. Throws a ConfigurationError for names that are too long. */
export function foldTable({ schema, table }: TableName): TableName {
  for (const name of [schema, table]) {
    if (Buffer.byteLength(name) <= IDENTIFIER_BYTES_MAX) continue;
    throw new ConfigurationError(
      "NameTooLong",
      `expected names of at most ${IDENTIFIER_BYTES_MAX} bytes, which is what Redshift keeps, found "${name}". Name load.to.schema or the table otherwise`,
    );
  }
  return { schema: foldName(schema), table: foldName(table) };
}

/** A part of a key for kelt's own objects of a table, whatever characters its name holds. */
export function objectName({ schema, table }: TableName): string {
  return createHash("sha256").update(`${schema}.${table}`).digest("hex").slice(0, 16);
}
