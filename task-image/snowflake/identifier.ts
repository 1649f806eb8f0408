import { ConfigurationError } from "../errors.ts";
import { type NameLimit, refuseLongNames } from "../loading/targets.ts";
import { quoteIdentifier, type TableName } from "../sql/identifier.ts";

/** Snowflake documentation, "Identifier requirements". */
const NAME_LIMIT: NameLimit = { warehouse: "Snowflake", max: 255, unit: "characters" };

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
export function foldTable(name: TableName): TableName {
  refuseLongNames(name, NAME_LIMIT);
  const { schema, table } = name;
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
