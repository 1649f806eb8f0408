/** A piece of SQL that is not white space or a comment. Words and quoted names are as the catalog folds them. */
export interface Token {
  readonly kind: "word" | "name" | "literal" | "number" | "parameter" | "symbol";
  /** Words in upper case, names folded, literals without quotes. */
  readonly text: string;
  /** As it goes to Postgres. */
  readonly sql: string;
}

const PATTERN =
  /\s+|--[^\n]*|\/\*[\s\S]*?\*\/|(?<word>[A-Za-z_][A-Za-z0-9_$]*)|"(?<name>(?:[^"]|"")*)"|'(?<literal>(?:[^']|'')*)'|(?<number>[0-9]+(?:\.[0-9]+)?)|(?<parameter>\$[0-9]+)|(?<symbol>::|<>|<=|>=|!=|!~|\|\||[-+*/%(),.;=<>~[\]:{}?@#&|^!])/gy;

/** Takes SQL apart. Throws an Error at the first character that is none of Redshift's. */
export function tokenize(sql: string): readonly Token[] {
  const tokens: Token[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < sql.length) {
    const at = PATTERN.lastIndex;
    const match = PATTERN.exec(sql);
    if (match === null) throw new Error(`syntax error at or near "${sql.slice(at, at + 20)}"`);
    const token = tokenOf(match.groups ?? {});
    if (token !== undefined) tokens.push(token);
  }
  return tokens;
}

/** Undefined for white space and comments. */
function tokenOf(groups: Readonly<Record<string, string | undefined>>): Token | undefined {
  const [kind, text = ""] = Object.entries(groups).find(([, found]) => found !== undefined) ?? [];
  switch (kind) {
    case "word":
      return { kind, text: text.toUpperCase(), sql: text };
    case "name": {
      const folded = text.replaceAll('""', '"').replace(/[A-Z]/g, (letter) => letter.toLowerCase());
      return { kind, text: folded, sql: `"${folded.replaceAll('"', '""')}"` };
    }
    case "literal":
      return { kind, text: text.replaceAll("''", "'"), sql: `'${text}'` };
    case "number":
    case "parameter":
    case "symbol":
      return { kind, text, sql: text };
    default:
      return undefined;
  }
}

/** The statements between semicolons. */
export function splitStatements(tokens: readonly Token[]): readonly (readonly Token[])[] {
  const statements: Token[][] = [[]];
  for (const token of tokens) {
    if (token.text === ";" && token.kind === "symbol") statements.push([]);
    else statements.at(-1)?.push(token);
  }
  return statements.filter((statement) => statement.length > 0);
}

/** SQL again, for Postgres. */
export function joinTokens(tokens: readonly Token[]): string {
  return tokens.map(({ sql }) => sql).join(" ");
}

/** Whether words follow each other from `at`; `*` is any token. */
export function isSequence(tokens: readonly Token[], at: number, ...words: readonly string[]): boolean {
  return words.every((word, index) => {
    const token = tokens[at + index];
    return (
      token !== undefined &&
      (word === "*" || ((token.kind === "word" || token.kind === "symbol") && token.text === word))
    );
  });
}
