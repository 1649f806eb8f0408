import { isSequence, type Token } from "./tokens.ts";

/** How a table or a view is stored: "CREATE TABLE", table attributes; "CREATE VIEW", late binding. Each has a number of words. */
const ATTRIBUTES: readonly (readonly [head: readonly string[], more: "word" | "list" | "nothing"])[] = [
  [["DISTSTYLE"], "word"],
  [["DISTKEY"], "list"],
  [["COMPOUND", "SORTKEY"], "list"],
  [["INTERLEAVED", "SORTKEY"], "list"],
  [["SORTKEY"], "list"],
  [["BACKUP", "NO"], "nothing"],
  [["WITH", "NO", "SCHEMA", "BINDING"], "nothing"],
];

/** Tokens without what Postgres does not have: it stores rows in one place, and binds views at once. Names of the catalog are found without its schema. */
export function withoutStorage(tokens: readonly Token[]): readonly Token[] {
  if (!isSequence(tokens, 0, "CREATE")) return tokens.filter((_, at) => !isCatalogPrefix(tokens, at));
  const kept: Token[] = [];
  for (let at = 0; at < tokens.length; ) {
    const length = lengthOf(tokens, at);
    if (length === 0) kept.push(tokens[at] as Token);
    at += Math.max(1, length);
  }
  return kept;
}

/** Views of Redshift's own that the stand-in keeps elsewhere. */
function isCatalogPrefix(tokens: readonly Token[], at: number): boolean {
  const isPrefix = (from: number) => isSequence(tokens, from, "PG_CATALOG", ".", "SVV_EXTERNAL_COLUMNS");
  return isPrefix(at) || isPrefix(at - 1);
}

function lengthOf(tokens: readonly Token[], at: number): number {
  const found = ATTRIBUTES.find(([head]) => isSequence(tokens, at, ...head));
  if (found === undefined) return 0;
  const [head, more] = found;
  if (more !== "list") return head.length + (more === "word" ? 1 : 0);
  const end = tokens.findIndex((token, index) => index > at && token.text === ")" && token.kind === "symbol");
  return end - at + 1;
}
