/** Postgres cuts identifiers at this many bytes (NAMEDATALEN - 1). */
export const IDENTIFIER_BYTES_MAX = 63;

/** A table with its schema, both as they are in the catalog: never folded, never quoted. */
export interface TableName {
  readonly schema: string;
  readonly table: string;
}

/** An identifier as SQL writes it, whatever characters it holds. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** A text literal as SQL writes it, whatever standard_conforming_strings says. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''")}'`;
  return text.includes("\\") ? `E${quoted.replaceAll("\\", "\\\\")}` : quoted;
}

export function quoteTable({ schema, table }: TableName): string {
  return `${quoteIdentifier(schema)}.${quoteIdentifier(table)}`;
}

/** A table as people read it. */
export function showTable({ schema, table }: TableName): string {
  return `${schema}.${table}`;
}

/** `table` or `schema.table` as manifests write it: what stands before the first dot is the schema. */
export function parseTableName(text: string, defaultSchema: string): TableName {
  const dot = text.indexOf(".");
  return dot < 0 ? { schema: defaultSchema, table: text } : { schema: text.slice(0, dot), table: text.slice(dot + 1) };
}
