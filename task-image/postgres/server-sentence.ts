import { knownSentence, type Sentence } from "../words/known-sentence.ts";

/*
 * Which of a server's words hold no value of a row. The fields of an ErrorResponse (PostgreSQL documentation, 54.8) are written for
 * whoever sent the statement, and quote rows: `invalid input syntax for type integer: "…"`, DETAIL `Failing row contains (…)`, CONTEXT
 * `COPY films, line 3, column price: "…"`. Only what this table lets through is public; the rest is hidden.
 *
 * | field   | public                                                                                                      |
 * |---------|-------------------------------------------------------------------------------------------------------------|
 * | message | of the classes below; of others where it is one of SENTENCES; otherwise the code's name stands in its place |
 * | DETAIL  | of the classes below; of keys their columns                                                                 |
 * | HINT    | of the classes below                                                                                        |
 * | CONTEXT | COPY's line and column, a function's name and line                                                          |
 *
 * Words that a user's function raises, with whatever code, are the function's own and may quote a row: they are hidden.
 */

/**
 * Classes and codes whose messages are about statements, objects, rights, resources and connections (Appendix A of the documentation).
 * Of classes 42 and 3F what the parser says, which gives a position, and what quotes names of the statement alone: casts such as
 * `value::regclass` raise them with the value in the place of a name.
 */
const ABOUT_STATEMENTS =
  /^(?:08|0A|25|26|28|2B|3B|3D|53|54|55|57|58|40001|40P01|40003|42501|42P06|42P07|42701|42710|42723)/;
const OF_THE_PARSER = /^(?:42|3F)/;
/** Of class 0A and 58 what casts and functions raise that read a value as a name: `value::regclass`, `pg_read_file(value)`. */
const READ_AS_NAME = /^(?:cross-database references are not implemented|could not (?:open|stat|read|access) )/;

const NAME = String.raw`(?:"[^"]*"|[\w.]+)`;
const TYPE = String.raw`(?:"[^"]+"|[a-z_][a-z0-9_. ]*?)(?:\([0-9, ]+\))?(?:\[\])*`;

/** The server's own sentences that quote nothing, or only names, types and numbers; and the beginnings of those that quote a value. */
const SENTENCES: readonly Sentence[] = [
  new RegExp(`^invalid input syntax for (?:type )?${TYPE}(?=$|: ")`),
  new RegExp(`^invalid input value for enum ${NAME}(?=$|: ")`),
  /^malformed (?:array|record|range|multirange) literal(?=$|: ")/,
  /^date\/time field value out of range(?=$|: ")/,
  /^time zone displacement out of range(?=$|: ")/,
  /^(?:interval|timestamp|date|smallint|integer|bigint|numeric|money|OID|cash) (?:field value )?out of range(?=$|: ")/,
  new RegExp(`^${TYPE} out of range$`),
  /^numeric field overflow$/,
  /^division by zero$/,
  new RegExp(`^value too long for type ${TYPE}$`),
  new RegExp(`^bit string (?:length [0-9]+ does not match|too long for) type ${TYPE}$`),
  new RegExp(`^null value in column ${NAME} of relation ${NAME} violates not-null constraint$`),
  new RegExp(`^duplicate key value violates unique constraint ${NAME}$`),
  new RegExp(`^could not create unique index ${NAME}$`),
  new RegExp(`^conflicting key value violates exclusion constraint ${NAME}$`),
  new RegExp(`^new row for relation ${NAME} violates check constraint ${NAME}$`),
  new RegExp(`^check constraint ${NAME} of relation ${NAME} is violated by some row$`),
  new RegExp(`^column ${NAME} of relation ${NAME} contains null values$`),
  new RegExp(
    `^(?:insert or update|update or delete) on table ${NAME} violates (?:RESTRICT setting of )?foreign key constraint ${NAME}(?: on table ${NAME})?$`,
  ),
  new RegExp(`^new row violates check option for view ${NAME}$`),
  new RegExp(`^value for domain ${NAME} violates check constraint ${NAME}$`),
  new RegExp(`^domain ${NAME} does not allow null values$`),
  new RegExp(`^no partition of relation ${NAME} found for row$`),
  new RegExp(`^missing data for column ${NAME}$`),
  /^extra data after last expected column$/,
  /^(?:unterminated CSV quoted field|unquoted (?:carriage return|newline) found in data|literal (?:carriage return|newline) found in data)$/,
  new RegExp(`^invalid byte sequence for encoding ${NAME}(?=$|: 0x)`),
  /^unsupported Unicode escape sequence$/,
  /^more than one row returned by a subquery used as an expression$/,
  /^ON CONFLICT DO UPDATE command cannot affect row a second time$/,
  /^MERGE command cannot affect row a second time$/,
  new RegExp(`^column ${NAME} of relation ${NAME} does not exist$`),
  [/^(?:value )?".*" is out of range for type ([a-z ]+)$/s, "a value is out of range for type $1"],
];

/** What a code means where the server's own words are hidden, by code or class (Appendix A of the PostgreSQL documentation). */
const MEANINGS: Readonly<Record<string, string>> = {
  "21": "more rows than one were found where one is expected",
  "22": "a value does not fit its type or operation",
  "22001": "a text is too long for its column",
  "22003": "a number is out of the range of its type",
  "22007": "a value is no date or time",
  "22008": "a date or time is out of range",
  "22012": "a division by zero",
  "22021": "a text holds bytes or characters that its encoding does not have",
  "22023": "a function got an argument that it does not take",
  "22P02": "a text is no value of the type that it is cast to",
  "22P04": "the rows do not have the form that COPY expects",
  "22P05": "a character has no equal in the database's encoding",
  "23": "a row breaks a constraint",
  "23502": "a column that takes no NULL has one",
  "23503": "a row refers to another that is not there, or is referred to",
  "23505": "two rows have the same value in columns where it must be unique",
  "23514": "a row breaks a check constraint",
  "23P01": "two rows break an exclusion constraint",
  "2F": "a function of the database failed",
  "3F": "the statement names a schema that is not there",
  "38": "a function of the database failed",
  "39": "a function of the database failed",
  "42": "the statement names something that is not there, or cannot be used so",
  "44": "a row breaks the check option of a view",
  F0: "the server's configuration is wrong",
  HV: "a foreign data wrapper failed",
  P0: "a function of the database raised an error",
  XX: "an internal error of the server",
};

/** The fields of an error that say what is public. */
export interface SaidByServer {
  readonly code: string;
  readonly message: string;
  readonly detail?: string | undefined;
  readonly hint?: string | undefined;
  readonly position?: string | undefined;
  readonly internalQuery?: string | undefined;
  readonly where?: string | undefined;
  /** The function of the server that said it. */
  readonly routine?: string | undefined;
  /** The statement that was sent, which holds no value of a row. */
  readonly statement?: string | undefined;
}

/** What of an error everybody may read. `isWhole` says that nothing was left out of it. */
export interface PublicWords {
  readonly message: string;
  readonly detail?: string;
  readonly hint?: string;
  readonly where?: string;
  readonly isWhole: boolean;
}

export function publicWords(error: SaidByServer): PublicWords {
  const isOpen = isAboutStatement(error);
  const message = isOpen
    ? error.message
    : (publicSentence(error.message) ?? meaningOf(isRaised(error) ? RAISED : error.code));
  const detail = isOpen ? error.detail : publicDetail(error.detail);
  const hint = isOpen ? error.hint : undefined;
  const first = error.where?.split("\n")[0];
  const where = publicPlace(first);
  const isWhole = message === error.message && detail === error.detail && hint === error.hint && where === first;
  return {
    message,
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(where === undefined ? {} : { where }),
    isWhole,
  };
}

/** Functions of the server that hand on what a user's function raises, with the code that it names: of PL/pgSQL, PL/Python, PL/Perl and PL/Tcl. */
const RAISES = /^(?:exec_stmt_raise|PLy_|plperl_|pltcl_)/;
const RAISED = "P0001";

function isRaised({ routine = "" }: SaidByServer): boolean {
  return RAISES.test(routine);
}

/** A statement that a function has put together may have values in it, so that even an error of the parser quotes them. */
function isAboutStatement(error: SaidByServer): boolean {
  const { code, message, position, internalQuery, statement } = error;
  if (internalQuery !== undefined || isRaised(error)) return false;
  if (ABOUT_STATEMENTS.test(code) && (statement === undefined || !READ_AS_NAME.test(message))) return true;
  return OF_THE_PARSER.test(code) && (position !== undefined || quotesOnly(message, statement));
}

/** Whether all that a message quotes is a name in the statement, as that of a table that DROP does not find. */
function quotesOnly(message: string, statement: string | undefined): boolean {
  const quoted = message.split('"').filter((_text, index) => index % 2 === 1);
  return quoted.length > 0 && statement !== undefined && quoted.every((text) => isNamed(statement, text));
}

/** A text that is only a part of another word, or a number, stands there by chance. */
function isNamed(statement: string, name: string): boolean {
  if (statement.includes(`"${name}"`)) return true;
  const escaped = name.replace(/[^A-Za-z0-9_]/g, "\\$&");
  return /^[A-Za-z_]/.test(name) && new RegExp(`(?<![\\w$])${escaped}(?![\\w$])`).test(statement.replaceAll('"', ""));
}

/** What of Postgres' message is one of its own sentences; undefined for an unknown sentence. */
export function publicSentence(message: string): string | undefined {
  return knownSentence(SENTENCES, message);
}

export function meaningOf(code: string): string {
  return MEANINGS[code] ?? MEANINGS[code.slice(0, 2)] ?? "the server refused it";
}

/** Of `Key (email)=(x) already exists.` the columns; of a number that is too large what its column holds. */
function publicDetail(detail: string | undefined): string | undefined {
  if (detail === undefined) return undefined;
  const columns = /^Key (\(.*?\))=\(/s.exec(detail)?.[1];
  if (columns !== undefined) return `Key ${columns}`;
  return /^A field with precision \d+, scale -?\d+ must round to an absolute value less than [\d^]+\.$/.exec(
    detail,
  )?.[0];
}

function publicPlace(where: string | undefined): string | undefined {
  if (where === undefined) return undefined;
  const copy = /^COPY (?:"[^"]*"|[^,]+), line \d+(?:, column (?:"[^"]*"|[^:"]+))?/.exec(where)?.[0];
  return copy ?? /^PL\/pgSQL function [^"'\n]+ line \d+ at [A-Za-z ]+$/.exec(where)?.[0];
}
