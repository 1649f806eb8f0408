import { isSequence, type Token } from "./tokens.ts";

/** What Redshift would say no to. */
export interface Refusal {
  readonly code: string;
  readonly message: string;
}

/**
 * How statements may begin: those of "SQL commands" in the Amazon Redshift Database Developer Guide that are needed here. What is not
 * in the list is refused, whether Redshift has it or not.
 */
const HEADS: readonly (readonly string[])[] = [
  ["SELECT"],
  ["WITH"],
  ["INSERT", "INTO"],
  ["UPDATE"],
  ["DELETE", "FROM"],
  ["CREATE", "SCHEMA"],
  ["CREATE", "TABLE"],
  ["CREATE", "TEMP", "TABLE"],
  ["CREATE", "TEMPORARY", "TABLE"],
  ["CREATE", "VIEW"],
  ["DROP", "TABLE"],
  ["DROP", "VIEW"],
  ["ALTER", "TABLE", "*"],
  ["MERGE", "INTO"],
  ["COPY"],
  ["LOCK"],
  ["TRUNCATE"],
  ["BEGIN"],
  ["COMMIT"],
  ["ROLLBACK"],
  ["SET"],
  ["GRANT"],
  ["REVOKE"],
  ["COMMENT", "ON", "TABLE"],
  ["COMMENT", "ON", "VIEW"],
  ["COMMENT", "ON", "COLUMN"],
];

interface Rule {
  /** Section of the Amazon Redshift Database Developer Guide. */
  readonly source: string;
  readonly code?: string;
  readonly message: string;
  readonly breaks: (tokens: readonly Token[], at: number) => boolean;
}

const words =
  (...sequence: readonly string[]) =>
  (tokens: readonly Token[], at: number) =>
    isSequence(tokens, at, ...sequence);

const UNSUPPORTED = "Unsupported PostgreSQL features";

/** What Postgres has and Redshift has not, wherever it stands in a statement. Every row has a case in the contract test. */
export const RULES: readonly Rule[] = [
  { source: UNSUPPORTED, message: "indexes are not supported", breaks: words("INDEX") },
  { source: UNSUPPORTED, message: "array constructors and subscripts are not supported", breaks: words("[") },
  { source: UNSUPPORTED, message: "array constructors are not supported", breaks: words("ARRAY") },
  { source: UNSUPPORTED, message: "VALUES is not supported as a table", breaks: words("(", "VALUES") },
  { source: UNSUPPORTED, message: "sequences are not supported", breaks: words("SERIAL") },
  { source: UNSUPPORTED, message: "system columns are not defined", code: "42703", breaks: words("CTID") },
  { source: UNSUPPORTED, message: "triggers are not supported", breaks: words("TRIGGER") },
  { source: "INSERT", message: "ON CONFLICT is no part of INSERT", breaks: words("ON", "CONFLICT") },
  { source: "INSERT", message: "OVERRIDING is no part of INSERT", breaks: words("OVERRIDING") },
  { source: "INSERT", message: "RETURNING is no part of INSERT, UPDATE and DELETE", breaks: words("RETURNING") },
  { source: "SELECT", message: "FOR UPDATE is no part of SELECT", breaks: words("FOR", "UPDATE") },
  { source: "SELECT, FROM clause", message: "LATERAL is no part of FROM", breaks: words("LATERAL") },
  { source: "SELECT, select list", message: "the select list is empty", breaks: words("SELECT", "FROM") },
  { source: "SELECT, select list", message: "DISTINCT ON is no part of SELECT", breaks: words("DISTINCT", "ON") },
  { source: "Aggregate functions", message: "FILTER is no part of aggregates", breaks: words("FILTER", "(") },
  { source: "Comparison conditions", message: "IS DISTINCT FROM is no condition", breaks: words("DISTINCT", "FROM") },
  { source: "ROLLBACK", message: "savepoints are not supported", breaks: words("SAVEPOINT") },
  { source: "ROLLBACK", message: "ROLLBACK TO is not supported", breaks: words("ROLLBACK", "TO") },
  { source: "CREATE TABLE", message: "UNLOGGED is no part of CREATE TABLE", breaks: words("UNLOGGED") },
  { source: "CREATE TABLE", message: "EXCLUDE is no constraint", breaks: words("EXCLUDE") },
  {
    source: "LOCK",
    message: "LOCK has no modes: it is always exclusive",
    breaks: words("IN", "*", "EXCLUSIVE", "MODE"),
  },
  { source: "LOCK", message: "LOCK has no modes: it is always exclusive", breaks: words("IN", "SHARE") },
  { source: "COPY", message: "COPY reads no STDIN", breaks: words("FROM", "STDIN") },
  { source: "DELETE", message: "the target of DELETE has no alias here", breaks: aliasAfter("DELETE", "FROM") },
  { source: "UPDATE", message: "the target of UPDATE has no alias here", breaks: aliasAfter("UPDATE") },
  {
    source: "POSIX operators",
    message: "look-around and groups without capture are not supported",
    breaks: isPerlPattern,
  },
  {
    source: "Type compatibility and conversion",
    code: "42846",
    message: "cannot cast type character varying to boolean",
    breaks: words("AS", "BOOLEAN", ")"),
  },
  {
    source: "ALTER TABLE, ALTER COLUMN",
    code: "25001",
    message: "ALTER TABLE ALTER COLUMN cannot run inside a transaction block",
    breaks: words("ALTER", "COLUMN"),
  },
  {
    source: "ALTER TABLE, ADD COLUMN",
    message: "ALTER TABLE changes one column at a time",
    breaks: (tokens, at) => at > 3 && tokens[0]?.text === "ALTER" && isSequence(tokens, at, ",", "ADD"),
  },
  {
    source: "Literals",
    message: "the stand-in takes no backslash in a literal, which Redshift reads in its own way",
    breaks: (tokens, at) =>
      tokens[at]?.kind === "literal" &&
      (tokens[at]?.text.includes("\\") ?? false) &&
      // A pattern of LIKE whose escape character is Redshift's own.
      !(tokens[at - 1]?.text === "LIKE" && /^pg\\_%$/.test(tokens[at]?.text ?? "")),
  },
];

function aliasAfter(...head: readonly string[]) {
  return (tokens: readonly Token[], at: number) => {
    if (at !== 0 || !isSequence(tokens, 0, ...head)) return false;
    let next = head.length + 1;
    while (tokens[next]?.text === ".") next += 2;
    const token = tokens[next];
    return token !== undefined && (token.kind === "name" || !["SET", "USING", "WHERE"].includes(token.text));
  };
}

function isPerlPattern(tokens: readonly Token[], at: number): boolean {
  return (tokens[at]?.text === "~" || tokens[at]?.text === "!~") && (tokens[at + 1]?.text.includes("(?") ?? false);
}

/** Functions of "SQL functions reference" and "System information functions" that are needed here. */
const FUNCTIONS: ReadonlySet<string> = new Set(
  `COUNT MAX MIN SUM AVG BIT_OR COALESCE NULLIF CAST LOWER UPPER TRIM LTRIM RTRIM LENGTH SPLIT_PART REPLACE GETDATE
   PG_LAST_COPY_COUNT PG_LAST_COPY_ID PG_BACKEND_PID VERSION FORMAT_TYPE CURRENT_SETTING EXTRACT DATE_TRUNC ROW_NUMBER
   CHR MD5 ABS ROUND DATEADD REGEXP_SUBSTR HAS_TABLE_PRIVILEGE PG_GET_LATE_BINDING_VIEW_COLS`.split(/\s+/),
);

/** Words that a parenthesis may follow without being functions. */
const BEFORE_PARENTHESIS: ReadonlySet<string> = new Set(
  `IN VALUES AND OR NOT ON AS FROM WHERE WHEN THEN ELSE SELECT USING KEY OVER BY EXISTS UNION ALL HAVING VARCHAR CHAR DECIMAL NUMERIC
   CHARACTER VARYING DISTKEY SORTKEY INSERT DISTINCT`.split(/\s+/),
);

/** "Data types": everything that a column may be, and what Redshift makes of types that Postgres reads in another way. */
const TYPES: Readonly<Record<string, string>> = {
  SMALLINT: "smallint",
  INT2: "smallint",
  INTEGER: "integer",
  INT: "integer",
  INT4: "integer",
  BIGINT: "bigint",
  INT8: "bigint",
  DECIMAL: "numeric(18,0)",
  NUMERIC: "numeric(18,0)",
  REAL: "real",
  FLOAT4: "real",
  DOUBLE: "double",
  FLOAT8: "double precision",
  FLOAT: "double precision",
  BOOLEAN: "boolean",
  BOOL: "boolean",
  CHAR: "character(1)",
  VARCHAR: "varchar(256)",
  CHARACTER: "character",
  TEXT: "varchar(256)",
  DATE: "date",
  TIME: "time",
  TIMETZ: "timetz",
  TIMESTAMP: "timestamp",
  TIMESTAMPTZ: "timestamptz",
};

/** What Redshift would refuse in a statement, or undefined. */
export function findRefusal(tokens: readonly Token[]): Refusal | undefined {
  if (!HEADS.some((head) => isSequence(tokens, 0, ...head))) {
    return { code: "42601", message: `syntax error at or near "${tokens[0]?.sql ?? ""}"` };
  }
  for (const [at, token] of tokens.entries()) {
    const broken = RULES.find(({ breaks }) => breaks(tokens, at));
    if (broken !== undefined) return { code: broken.code ?? "0A000", message: `${broken.message} [${broken.source}]` };
    const isCall = token.kind === "word" && isSequence(tokens, at + 1, "(") && tokens[at - 1]?.text !== "INTO";
    // The columns of a function that answers records: FROM f() alias(name type, …).
    const isAlias = isSequence(tokens, at - 2, "(", ")");
    const isTable = isAlias || tokens[at - 1]?.text === "." || ["TABLE", "COPY"].includes(tokens[at - 1]?.text ?? "");
    if (!isCall || isTable || FUNCTIONS.has(token.text) || BEFORE_PARENTHESIS.has(token.text)) continue;
    return { code: "42883", message: `function ${token.sql.toLowerCase()}() does not exist` };
  }
  return typeRefusal(tokens);
}

function typeRefusal(tokens: readonly Token[]): Refusal | undefined {
  for (const at of typePositions(tokens)) {
    const token = tokens[at];
    if (token !== undefined && !(token.text in TYPES)) {
      return { code: "42704", message: `type "${token.sql.toLowerCase()}" does not exist` };
    }
    const precision = Number(tokens[at + 2]?.text);
    const isNumber = token?.text === "DECIMAL" || token?.text === "NUMERIC";
    if (isNumber && isSequence(tokens, at + 1, "(") && precision > 38) {
      return {
        code: "22023",
        message: `DECIMAL precision ${precision} must be between 1 and 38 [DECIMAL or NUMERIC type]`,
      };
    }
  }
  return undefined;
}

/** Where types of columns stand: after a column's name in CREATE TABLE and ADD COLUMN, and after `AS` in CAST. */
function typePositions(tokens: readonly Token[]): readonly number[] {
  const isTable = [["TABLE"], ["TEMP", "TABLE"], ["TEMPORARY", "TABLE"]].some((rest) =>
    isSequence(tokens, 0, "CREATE", ...rest),
  );
  // The parentheses of CREATE TABLE AS are those of its query.
  const [query = tokens.length] = positionsOf(tokens, "AS");
  const [columns = tokens.length] = positionsOf(tokens, "(");
  return [
    ...(isTable && columns < query ? columnPositions(tokens).map((at) => at + 2) : []),
    ...positionsOf(tokens, "ADD", "COLUMN").map((at) => at + 3),
    ...positionsOf(tokens, "AS")
      .filter((at) => isCast(tokens, at))
      .map((at) => at + 1),
  ];
}

function positionsOf(tokens: readonly Token[], ...sequence: readonly string[]): readonly number[] {
  return tokens.flatMap((_token, at) => (isSequence(tokens, at, ...sequence) ? [at] : []));
}

/** The parenthesis or comma before each column of CREATE TABLE. */
function columnPositions(tokens: readonly Token[]): readonly number[] {
  let depth = 0;
  return tokens.flatMap((_token, at) => {
    if (isSequence(tokens, at, "(")) depth += 1;
    const begins = depth === 1 && (isSequence(tokens, at, "(") || isSequence(tokens, at, ","));
    if (isSequence(tokens, at, ")")) depth -= 1;
    return begins ? [at] : [];
  });
}

function isCast(tokens: readonly Token[], at: number): boolean {
  let depth = 0;
  for (let before = at - 1; before > 0; before -= 1) {
    const token = tokens[before];
    if (token?.kind !== "symbol") continue;
    if (token.text === ")") depth += 1;
    if (token.text === "(" && depth === 0) return isSequence(tokens, before - 1, "CAST");
    if (token.text === "(") depth -= 1;
  }
  return false;
}

/** Tokens with types as Postgres has to have them to behave as Redshift. */
export function withPostgresTypes(tokens: readonly Token[]): readonly Token[] {
  const positions = new Set(typePositions(tokens));
  return tokens.map((token, at) => {
    if (!positions.has(at) || isSequence(tokens, at + 1, "(") || token.text === "DOUBLE") return token;
    if (isSequence(tokens, at, "CHARACTER", "VARYING")) return token;
    if (isSequence(tokens, at + 1, "WITHOUT") || isSequence(tokens, at + 1, "WITH")) return token;
    return { ...token, sql: TYPES[token.text] ?? token.sql };
  });
}
