/**
 * Parts of SQL that a semicolon does not end (PostgreSQL documentation, 4.1): escape strings, strings, quoted identifiers,
 * dollar quotes and words (so that `tag$1` begins none), line comments. Block comments nest and are found by hand.
 */
const PART =
  /[eE]'(?:[^'\\]|\\[\s\S]|'')*'|'(?:[^']|'')*'|"(?:[^"]|"")*"|\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$[\s\S]*?\$\1\$|[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*|--[^\n\r]*|\s+/y;

/**
 * The one statement that a text holds, without the semicolons and comments after it, so that it can stand in parentheses.
 * Undefined when there is none or more than one.
 */
export function singleStatement(sql: string): string | undefined {
  let end = 0;
  let ended = false;
  for (let offset = 0; offset < sql.length; ) {
    const next = partEnd(sql, offset);
    const first = sql[offset] ?? "";
    const silent = /\s/.test(first) || sql.startsWith("--", offset) || sql.startsWith("/*", offset);
    if (first === ";") {
      ended = end > 0;
    } else if (!silent) {
      if (ended) return undefined;
      end = next;
    }
    offset = next;
  }
  return end === 0 ? undefined : sql.slice(0, end).trim();
}

/** The expression that a text holds, which stays inside of the parentheses that it is put into. Undefined for what is not one. */
export function expressionOf(sql: string): string | undefined {
  const statement = singleStatement(sql);
  if (statement === undefined) return undefined;
  let depth = 0;
  for (let offset = 0; offset < statement.length; offset = partEnd(statement, offset)) {
    if (statement[offset] === "(") depth += 1;
    if (statement[offset] === ")") depth -= 1;
    if (depth < 0) return undefined;
  }
  return depth === 0 ? statement : undefined;
}

function partEnd(sql: string, offset: number): number {
  if (sql.startsWith("/*", offset)) return commentEnd(sql, offset);
  PART.lastIndex = offset;
  const match = PART.exec(sql);
  return offset + (match?.[0].length ?? 1);
}

function commentEnd(sql: string, offset: number): number {
  let depth = 0;
  for (let index = offset; index < sql.length; index += 1) {
    if (sql.startsWith("/*", index)) depth += 1;
    else if (sql.startsWith("*/", index)) depth -= 1;
    else continue;
    index += 1;
    if (depth === 0) return index + 1;
  }
  return sql.length;
}
