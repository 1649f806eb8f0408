import { describe, expect, test } from "vitest";
import { databaseFailure, serverMessage } from "../../../../task-image/postgres/failure.ts";
import { publicReason } from "../../../../task-image/postgres/public-reason.ts";
import { publicText, wholeText } from "../../../../task-image/words/hidden-text.ts";

const MARKER = 'ada@x.example", and: "987-65-4321';

type Fields = Readonly<Record<string, string>>;
const error = (code: string, message: string, fields: Fields = {}) =>
  Object.assign(new Error(message), { code, severity: "ERROR", ...fields });
const shown = (code: string, message: string, fields: Fields = {}) =>
  publicText(serverMessage(error(code, message, fields)));

describe("what a server says of a row is told without the row", () => {
  test.each([
    [
      "22P02",
      `invalid input syntax for type integer: "${MARKER}"`,
      { where: `COPY films, line 3, column price: "${MARKER}"` },
      "invalid input syntax for type integer, at COPY films, line 3, column price [SQLSTATE 22P02]",
    ],
    [
      "22P02",
      `invalid input syntax for type double precision: "${MARKER}"`,
      {},
      "invalid input syntax for type double precision [SQLSTATE 22P02]",
    ],
    [
      "22P02",
      `invalid input value for enum mood: "${MARKER}"`,
      {},
      "invalid input value for enum mood [SQLSTATE 22P02]",
    ],
    [
      "22P02",
      "invalid input syntax for type json",
      { detail: `Token "${MARKER}" is invalid.`, where: `JSON data, line 1: ${MARKER}\nCOPY films, line 1` },
      "invalid input syntax for type json [SQLSTATE 22P02]",
    ],
    [
      "22003",
      `value "${MARKER}" is out of range for type smallint`,
      {},
      "a value is out of range for type smallint [SQLSTATE 22003]",
    ],
    [
      "22003",
      "numeric field overflow",
      { detail: "A field with precision 5, scale 2 must round to an absolute value less than 10^3." },
      "numeric field overflow (A field with precision 5, scale 2 must round to an absolute value less than 10^3.) [SQLSTATE 22003]",
    ],
    [
      "22008",
      `date/time field value out of range: "${MARKER}"`,
      { hint: `Perhaps you need a different "datestyle" setting for ${MARKER}.` },
      "date/time field value out of range [SQLSTATE 22008]",
    ],
    [
      "22001",
      "value too long for type character varying(3)",
      { where: `COPY films, line 2, column title: "${MARKER}"` },
      "value too long for type character varying(3), at COPY films, line 2, column title [SQLSTATE 22001]",
    ],
    [
      "22P04",
      "extra data after last expected column",
      { where: `COPY films, line 2: "${MARKER}"` },
      "extra data after last expected column, at COPY films, line 2 [SQLSTATE 22P04]",
    ],
    [
      "22021",
      'invalid byte sequence for encoding "UTF8": 0xe9 0x61 0x64',
      {},
      'invalid byte sequence for encoding "UTF8" [SQLSTATE 22021]',
    ],
    [
      "23505",
      'duplicate key value violates unique constraint "films_email_key"',
      { detail: `Key (email, lower(name))=(${MARKER}, x) already exists.` },
      'duplicate key value violates unique constraint "films_email_key" (Key (email, lower(name))) [SQLSTATE 23505]',
    ],
    [
      "23502",
      'null value in column "title" of relation "films" violates not-null constraint',
      { detail: `Failing row contains (2, ${MARKER}, null).` },
      'null value in column "title" of relation "films" violates not-null constraint [SQLSTATE 23502]',
    ],
    [
      "23503",
      'insert or update on table "films" violates foreign key constraint "films_actor_fkey"',
      { detail: `Key (actor)=(${MARKER}) is not present in table "actors".` },
      'insert or update on table "films" violates foreign key constraint "films_actor_fkey" (Key (actor)) [SQLSTATE 23503]',
    ],
    [
      "23514",
      'new row for relation "films" violates check constraint "films_price_check"',
      { detail: `Failing row contains (2, ${MARKER}).` },
      'new row for relation "films" violates check constraint "films_price_check" [SQLSTATE 23514]',
    ],
  ])("%s %s", (code, message, fields, expected) => {
    expect(shown(code, message, fields as Fields)).toBe(expected);
    expect(expected).not.toContain("ada");
  });

  test.each([
    [
      "another language",
      "22P02",
      `ungültige Eingabesyntax für Typ integer: »${MARKER}«`,
      "a text is no value of the type",
    ],
    ["a function of the user's", "P0001", `${MARKER} has no price`, "a function of the database raised an error"],
    ["an extension", "XX000", `parse error - invalid geometry ${MARKER}`, "an internal error of the server"],
    ["a foreign server", "HV000", MARKER, "a foreign data wrapper failed"],
    ["a code that nobody knows", "ZZ999", MARKER, "the server refused it"],
    ["a cast to a name", "42P01", `relation "${MARKER}" does not exist`, "the statement names something"],
    ["a cast to a name in a schema", "3F000", `schema "${MARKER}" does not exist`, "the statement names a schema"],
    [
      "a cast to a name of three parts",
      "42601",
      `improper qualified name (too many dotted names): ${MARKER}`,
      "the statement names something",
    ],
    ["a time zone in a row", "22023", `time zone "${MARKER}" not recognized`, "a function got an argument"],
  ])("words of %s are hidden", (_what, code, message, expected) => {
    const said = shown(code, message, { hint: MARKER, detail: MARKER, where: MARKER });
    expect(said).toContain(expected);
    expect(said).not.toContain("ada");
  });

  test.each([
    ["42P01", 'relation "1" does not exist', 'SELECT b::regclass FROM "raw"."t" WHERE x = 1'],
    ["42P01", 'relation "ada" does not exist', "SELECT email::regclass FROM parades"],
    ["3F000", 'schema "ada@x" does not exist', "SELECT nextval(email) FROM t"],
    ["0A000", 'cross-database references are not implemented: "ada.x.y"', "SELECT email::regclass FROM t"],
    ["58P01", 'could not open file "ada" for reading: No such file or directory', "SELECT pg_read_file(email) FROM t"],
  ])("nor is a value that is read as a name: %s %s", (code, message, statement) => {
    const said = shown(code, message, { statement });
    expect(said).not.toMatch(/ada|"1"/);
    expect(said).toContain(`[SQLSTATE ${code}]`);
  });

  test.each(["42501", "28000", "40001", "55000", "0A000", "57014"])(
    "nor is a value that a function of the user's raises with the code %s of the server",
    (code) => {
      const where = "PL/pgSQL function raw.f(text) line 1 at RAISE";
      const said = shown(code, MARKER, { detail: MARKER, hint: MARKER, where, routine: "exec_stmt_raise" });
      expect(said).toBe(`a function of the database raised an error, at ${where} [SQLSTATE ${code}]`);
    },
  );

  test("nor are those of a statement that a function has put together", () => {
    const where = `PL/pgSQL function raw.f(integer) line 3 at EXECUTE\nSQL statement "SELECT ${MARKER}"`;
    const said = shown("42601", `syntax error at or near "${MARKER}"`, { internalQuery: `SELECT ${MARKER}`, where });
    expect(said).toBe(
      "the statement names something that is not there, or cannot be used so, at PL/pgSQL function raw.f(integer) line 3 at EXECUTE [SQLSTATE 42601]",
    );
  });
});

describe("what a server says of a statement is told whole", () => {
  test.each([
    [
      "42703",
      'column "titel" does not exist',
      { position: "8", hint: 'Perhaps you meant to reference the column "films.title".' },
    ],
    ["42601", 'syntax error at or near "FORM"', { position: "10" }],
    ["42501", "permission denied for schema raw", {}],
    [
      "2BP01",
      "cannot drop table films because other objects depend on it",
      { detail: "view v depends on table films" },
    ],
    ["42P01", 'table "gone" does not exist', { statement: "DROP TABLE gone" }],
    ["42P01", 'relation "raw.gone" does not exist', { statement: 'SELECT FROM "raw"."gone"' }],
    ["3F000", 'schema "gone" does not exist', { statement: "CREATE TABLE gone.t ()" }],
    ["40P01", "deadlock detected", { detail: "Process 1 waits for ShareLock on transaction 2." }],
    ["53100", "could not extend file: No space left on device", { hint: "Check free disk space." }],
  ])("%s %s", (code, message, fields) => {
    const said = serverMessage(error(code, message, fields as Fields));
    expect(publicText(said)).toBe(wholeText(said));
    expect(said).toContain(message);
  });
});

test("a row of too many columns has its way out", () => {
  const failure = databaseFailure(error("54000", "row is too big: size 19528, maximum size 8160"), "publishing x");
  expect(failure.message).toContain("load it into several tables, or columns that belong together as one of jsonb");
});

test("the failure keeps the server's words aside", () => {
  const failure = databaseFailure(error("22P02", `invalid input syntax for type integer: "${MARKER}"`), "loading x");
  expect(failure.message).toBe("loading x: invalid input syntax for type integer [SQLSTATE 22P02]");
  expect(failure.detail).toContain(MARKER);
});

test.each([
  [`invalid input syntax for type date: "${MARKER}"`, "invalid input syntax for type date"],
  ["expected 3 cells as in the header, found 2", "expected 3 cells as in the header, found 2"],
  [
    "expected text, found a zero byte, which no text of Postgres can hold",
    "expected text, found a zero byte, which no text of Postgres can hold",
  ],
  ["integer cannot hold it without a change", "integer cannot hold it without a change"],
  [`expected something of ${MARKER}, found "x"`, undefined],
  [MARKER, undefined],
])("the reason of a rejected row: %s", (reason, expected) => {
  expect(publicReason(reason)).toBe(expected);
});
