import { Readable } from "node:stream";
import { DataError } from "../../errors.ts";
import { OWN_COLUMNS, SYSTEM_COLUMNS } from "../../formats/csv-header.ts";
import type { JsonFormat } from "../../formats/file-format.ts";
import { jsonDocumentRows } from "../../formats/json-documents.ts";
import { JSON_DELIMITER, JSON_QUOTE, jsonLineRows } from "../../formats/json-lines.ts";
import { recordsAlone } from "../../formats/json-records.ts";
import { IDENTIFIER_BYTES_MAX, quoteIdentifier, quoteLiteral, quoteTable, showTable } from "../../sql/identifier.ts";
import { hidden } from "../../words/hidden-text.ts";
import { isServerError } from "../failure.ts";
import { ABSENT_COLUMN } from "../publishing/staged-table.ts";
import { carefulInputCheck, type InputCheck } from "./input-check.ts";
import type { Landed, LandedColumn, Landing, LandingPlace } from "./landed-files.ts";
import { copyIn, createLanding, FILE_COLUMN, LINE_COLUMN } from "./landing.ts";
import { rejectsTable } from "./rejects.ts";
import type { TypedColumn } from "./typed-rows.ts";
import { classesOfJson } from "./value-class.ts";

/** statement_too_complex: the server's stack is at its end (PostgreSQL documentation, appendix A). */
const TOO_DEEP = "54001";

/** Lands JSON documents of all files by one COPY, each document as a value of jsonb, and makes a column of every key. */
export async function landJson(landing: Landing, format: JsonFormat): Promise<Landed> {
  const { session } = landing;
  await session.query("SAVEPOINT before_landing");
  let copied: number;
  let broken = 0;
  try {
    copied = await copyDocuments(landing, format, "jsonb");
    await session.query("RELEASE SAVEPOINT before_landing");
  } catch (error) {
    // 22: a damaged document, or one that jsonb cannot hold. 54: one that is too long, or too deep for the server's stack. Only then
    // are documents looked at one by one.
    if (!isServerError(error) || !/^(22|5400[01])/.test(error.code)) throw error;
    await session.query("ROLLBACK TO SAVEPOINT before_landing");
    landing.restart();
    copied = await copyDocuments(landing, format, "text");
    const check = error.code === TOO_DEEP ? await carefulInputCheck(session) : landing.check;
    broken = await rejectBrokenDocuments(landing, check);
  }
  const { odd, columns } = await columnsOfObjects(landing);
  return { rows: copied - broken - odd, rejected: broken + odd, columns };
}

/** jsonb_each refuses what is no object: only then such documents are looked for, and go to the table of rejects. */
async function columnsOfObjects(
  landing: Landing,
): Promise<{ readonly odd: number; readonly columns: readonly LandedColumn[] }> {
  const { session } = landing;
  await session.query("SAVEPOINT before_columns");
  try {
    const columns = await columnsOf(landing);
    await session.query("RELEASE SAVEPOINT before_columns");
    return { odd: 0, columns };
  } catch (error) {
    if (!isServerError(error) || !error.code.startsWith("22")) throw error;
    await session.query("ROLLBACK TO SAVEPOINT before_columns");
  }
  const odd = await moveToRejects(landing, {
    which: "pg_catalog.jsonb_typeof(r.doc) <> 'object'",
    reason: "'expected a JSON object, found ' || pg_catalog.jsonb_typeof(g.doc)",
  });
  return { odd, columns: await columnsOf(landing) };
}

async function copyDocuments(landing: Landing, format: JsonFormat, type: "jsonb" | "text"): Promise<number> {
  const { session, wanted, firstFile, into, reject } = landing;
  await createLanding(session, landing, `, doc ${type}`);
  const options = `FORMAT csv, FREEZE, DELIMITER ${quoteLiteral(JSON_DELIMITER)}, QUOTE ${quoteLiteral(JSON_QUOTE)}, ENCODING 'UTF8'`;
  const pieces = async function* () {
    for (const [index, file] of wanted.files.entries()) {
      const bytes = wanted.open(file);
      const read = { uri: file.uri, index: firstFile + index, reject };
      if (format.kind === "jsonl") yield* jsonLineRows({ ...read, bytes });
      else yield* jsonDocumentRows({ ...read, bytes: recordsAlone(file.uri, bytes, format.records) });
    }
  };
  const rows = Readable.from(pieces(), { objectMode: false, highWaterMark: 1024 * 1024 });
  return copyIn(
    session,
    `COPY ${quoteTable(into)} (${FILE_COLUMN}, ${LINE_COLUMN}, doc) FROM STDIN (${options})`,
    rows,
  );
}

/** Documents that jsonb refuses go to the table of rejects, the others become jsonb. Answers how many went. */
async function rejectBrokenDocuments(landing: Landing, check: InputCheck): Promise<number> {
  const { session, into } = landing;
  const moved = await moveToRejects(landing, {
    which: `NOT ${check.valid("r.doc", "'jsonb'")}`,
    reason: check.reason("g.doc", "'jsonb'"),
  });
  await session.query(`ALTER TABLE ${quoteTable(into)} ALTER COLUMN doc TYPE jsonb USING doc::jsonb`);
  return moved;
}

/** Moves landed rows `r` to the table of rejects; `reason` is SQL over such a row `g`. */
async function moveToRejects(
  { session, scope, into }: Landing,
  { which, reason }: { readonly which: string; readonly reason: string },
): Promise<number> {
  const { rowCount } = await session.query(
    `WITH g AS (DELETE FROM ${quoteTable(into)} AS r WHERE ${which} RETURNING r.*)
     INSERT INTO ${rejectsTable(scope)} (load_id, target, uri, line, value, reason)
     SELECT $1, $2, ($3::text[])[g.${FILE_COLUMN} + 1], g.${LINE_COLUMN}, g.doc::text, ${reason} FROM g`,
    [scope.loadId, showTable(scope.target), scope.uris],
  );
  return rowCount ?? 0;
}

/**
 * A column for every key that any document has, and for every declared one, by name. The values of a key are looked at only where
 * its type is not known: then it is what all of them agree on. Where all types are known, most documents have no other key: that is
 * cheaper to see than to look for keys.
 */
async function columnsOf(landing: Landing): Promise<readonly LandedColumn[]> {
  const { session, into, check, types, renaming } = landing;
  const keys = new Map([...renaming].map(([key, name]) => [name, key]));
  // A key that is renamed brings no value for a column that has its old name.
  const columns = [...types.keys()].filter((name) => keys.has(name) || !renaming.has(name));
  const known = columns.map((name) => keys.get(name) ?? name);
  const { rows } = await session.query<{ key: string; classes: number }>(
    `SELECT v.key, ${classesOfJson({ kind: "v.kind", text: "v.text" }, check.valid)} AS classes
     FROM ${quoteTable(into)} AS r CROSS JOIN LATERAL (
       SELECT e.key, pg_catalog.jsonb_typeof(e.value) AS kind, e.value #>> '{}' AS text
       FROM pg_catalog.jsonb_each(r.doc - $1::text[]) AS e
     ) AS v WHERE (r.doc - $1::text[]) <> '{}' GROUP BY v.key`,
    [known],
  );
  const found = rows.map(({ key, classes }) => ({ ...renamed(landing, key), classes }));
  const landed = [...(await presentKeys(landing, known)).map((key) => renamed(landing, key)), ...found];
  refuseTwice(
    landing,
    landed.map(({ name }) => name),
  );
  return sortKeys(landed);
}

/** The column of a key. */
function renamed(landing: Landing, key: string): LandedColumn {
  const name = landing.renaming.get(key) ?? key;
  refuseBadKey(landing, name);
  return name === key ? { name } : { name, key };
}

/** Only by renaming two keys can be one column. */
function refuseTwice({ source, scope }: Landing, names: readonly string[]): void {
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice === undefined) return;
  throw new DataError(
    "BadKey",
    `loading ${source} into ${showTable(scope.target)}: load.rename.${scope.target.table} makes two keys the column ${quoteIdentifier(twice)}. Give one of them another name`,
  );
}

/** Keys in one order, whichever documents they came from. */
export function sortKeys(columns: readonly LandedColumn[]): readonly LandedColumn[] {
  return columns.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** Keys of known types that any document has; a document may do without a declared one, and so may all of them. */
async function presentKeys(
  { session, into, declared, renaming }: Landing,
  known: readonly string[],
): Promise<readonly string[]> {
  const { rows } = await session.query<{ key: string }>(
    `SELECT k.key FROM pg_catalog.unnest($1::text[]) AS k(key)
     WHERE k.key = ANY ($2) OR EXISTS (SELECT FROM ${quoteTable(into)} AS r WHERE r.doc ? k.key)`,
    [known, known.filter((key) => declared.has(renaming.get(key) ?? key))],
  );
  return rows.map(({ key }) => key);
}

/** A key of landed documents on its way to its type. */
export function jsonColumn(name: string, type: string, key = name): TypedColumn {
  const literal = quoteLiteral(key);
  const column = { name, type, notNull: false, text: `(r.doc ->> ${literal})` };
  const isJson = type === "jsonb" || type === "json";
  return isJson ? { ...column, value: `nullif(r.doc -> ${literal}, 'null'::jsonb)::${type}` } : column;
}

/**
 * The column that says which keys a document lacks, and which columns that may be: in a merge the target keeps their values, while
 * null takes them away. Undefined where every document has every key, or where nothing is merged.
 */
export async function absentColumn(
  { session, into, target, isMerge }: LandingPlace,
  landed: readonly LandedColumn[],
): Promise<{ readonly column: TypedColumn; readonly sparse: readonly string[] } | undefined> {
  if (!isMerge || target === undefined || landed.length === 0) return undefined;
  const lacks = landed.map(({ name, key = name }) => ({ name, when: `NOT r.doc ? ${quoteLiteral(key)}` }));
  const { rows } = await session.query<{ lacks: (boolean | null)[] }>(
    `SELECT ARRAY[${lacks.map(({ when }) => `pg_catalog.bool_or(${when})`).join(", ")}] AS lacks FROM ${quoteTable(into)} AS r`,
  );
  const sparse = lacks.filter((_, index) => rows[0]?.lacks[index] === true);
  if (sparse.length === 0) return undefined;
  const names = sparse.map(({ name, when }) => `CASE WHEN ${when} THEN ${quoteLiteral(name)} END`);
  const value = `pg_catalog.array_remove(ARRAY[${names.join(", ")}], NULL)`;
  const column = { name: ABSENT_COLUMN, type: "text[]", notNull: false, text: `${value}::text`, value };
  return { column, sparse: sparse.map(({ name }) => name) };
}

function refuseBadKey({ source, scope }: Landing, key: string): void {
  const bytes = Buffer.byteLength(key);
  const isTaken = OWN_COLUMNS.has(key) || SYSTEM_COLUMNS.has(key);
  if (bytes > 0 && bytes <= IDENTIFIER_BYTES_MAX && !isTaken) return;
  // A key may be data, as in an object that holds records by their user; one of kelt's or of Postgres is not.
  const found = isTaken ? quoteIdentifier(key) : hidden(quoteIdentifier(key), `one of ${bytes} bytes`);
  throw new DataError(
    "BadKey",
    `loading ${source} into ${showTable(scope.target)}: expected keys of 1 to ${IDENTIFIER_BYTES_MAX} bytes, found ${found}, which cannot be a column. Give it another name in load.rename.${scope.target.table}, or put it below another key`,
  );
}
