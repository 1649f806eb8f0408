import { ConfigurationError } from "../errors.ts";
import { quoteIdentifier, type TableName } from "../postgres/identifier.ts";

/** Snowflake documentation, "Identifier requirements". */
const IDENTIFIER_LENGTH_MAX = 255;

/**
 * A name as the catalog holds it: in upper case, as Snowflake stores every name that is written without quotes. Tables that kelt makes
 * can so be named without quotes by everybody; names that somebody made with small letters between quotes cannot be reached.
 */
export function foldName(name: string): string {
  return name.replace(/[a-z]/g, (letter) => letter.toUpperCase());
}

/** What names of kelt's own tables begin with. */
export const OWN_PREFIX = "_KELT_";

/** A table as the catalog holds it. Throws a ConfigurationError for names that are too long, or kelt's own. */
export function foldTable({ schema, table }: TableName): TableName {
  for (const name of [schema, table]) {
    if (name.length <= IDENTIFIER_LENGTH_MAX) continue;
    throw new ConfigurationError(
      "NameTooLong",
      `expected names of at most ${IDENTIFIER_LENGTH_MAX} characters, which is what Snowflake keeps, found "${name}". Name load.to.schema or the table otherwise`,
    );
  }
  const folded = { schema: foldName(schema), table: foldName(table) };
  if (!folded.table.startsWith(OWN_PREFIX)) return folded;
  throw new ConfigurationError(
    "TargetTaken",
    `expected a table's name that does not begin with _kelt_, as those of kelt's own tables do, found "${table}". Name the table otherwise`,
  );
}

/** A text as SQL writes it: a backslash escapes between quotes too (documentation, "String & binary data types"). */
export function quoteText(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "''")}'`;
}

export function quoteList(names: readonly string[]): string {
  return names.map(quoteIdentifier).join(", ");
}
