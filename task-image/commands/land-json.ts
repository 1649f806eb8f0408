import { Readable } from "node:stream";
import { DataError } from "../errors.ts";
import { OWN_COLUMNS } from "../formats/csv-header.ts";
import type { JsonFormat } from "../formats/file-format.ts";
import { jsonDocumentRows } from "../formats/json-documents.ts";
import { JSON_DELIMITER, JSON_QUOTE, jsonLineRows } from "../formats/json-lines.ts";
import { recordsAlone } from "../formats/json-records.ts";
import { isServerError } from "../postgres/failure.ts";
import { IDENTIFIER_BYTES_MAX, quoteIdentifier, quoteLiteral, quoteTable, showTable } from "../postgres/identifier.ts";
import { copyIn, createLanding, FILE_COLUMN, LINE_COLUMN } from "../postgres/landing.ts";
import { rejectsTable } from "../postgres/rejects.ts";
import type { TypedColumn } from "../postgres/typed-rows.ts";
import { classesOfJson } from "../postgres/value-class.ts";
import type { Landed, LandedColumn, Landing } from "./landed-files.ts";

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
    // 22: a document that is none, or holds what jsonb cannot. Only then are documents looked at one by one.
    if (!isServerError(error) || !(error.code.startsWith("22") || error.code === "54000")) throw error;
    await session.query("ROLLBACK TO SAVEPOINT before_landing");
    landing.restart();
    copied = await copyDocuments(landing, format, "text");
    broken = await rejectBrokenDocuments(landing);
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
async function rejectBrokenDocuments(landing: Landing): Promise<number> {
  const { session, into, check } = landing;
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
  const { session, into, check, types } = landing;
  const { rows } = await session.query<{ key: string; classes: number }>(
    `SELECT v.key, ${classesOfJson({ kind: "v.kind", text: "v.text" }, check.valid)} AS classes
     FROM ${quoteTable(into)} AS r CROSS JOIN LATERAL (
       SELECT e.key, pg_catalog.jsonb_typeof(e.value) AS kind, e.value #>> '{}' AS text
       FROM pg_catalog.jsonb_each(r.doc - $1::text[]) AS e
     ) AS v WHERE (r.doc - $1::text[]) <> '{}' GROUP BY v.key`,
    [[...types.keys()]],
  );
  for (const { key } of rows) refuseBadKey(landing, key);
  const known = (await presentKeys(landing)).map((name) => ({ name }));
  return sortKeys([...known, ...rows.map(({ key, classes }) => ({ name: key, classes }))]);
}

/** Keys in one order, whichever documents they came from. */
export function sortKeys(columns: readonly LandedColumn[]): readonly LandedColumn[] {
  return columns.toSorted((a, b) => Buffer.compare(Buffer.from(a.name), Buffer.from(b.name)));
}

/** Keys of known types that any document has; a document may do without a declared one, and so may all of them. */
async function presentKeys({ session, into, types, declared }: Landing): Promise<readonly string[]> {
  const { rows } = await session.query<{ key: string }>(
    `SELECT k.key FROM pg_catalog.unnest($1::text[]) AS k(key)
     WHERE k.key = ANY ($2) OR EXISTS (SELECT FROM ${quoteTable(into)} AS r WHERE r.doc ? k.key)`,
    [[...types.keys()], [...declared]],
  );
  return rows.map(({ key }) => key);
}

/** A key of landed documents on its way to its type. */
export function jsonColumn(name: string, type: string): TypedColumn {
  const key = quoteLiteral(name);
  const column = { name, type, notNull: false, text: `(r.doc ->> ${key})` };
  const isJson = type === "jsonb" || type === "json";
  return isJson ? { ...column, value: `nullif(r.doc -> ${key}, 'null'::jsonb)::${type}` } : column;
}

function refuseBadKey({ source, scope }: Landing, key: string): void {
  const bytes = Buffer.byteLength(key);
  if (bytes > 0 && bytes <= IDENTIFIER_BYTES_MAX && !OWN_COLUMNS.has(key)) return;
  throw new DataError(
    "BadKey",
    `loading ${source} into ${showTable(scope.target)}: expected keys of 1 to ${IDENTIFIER_BYTES_MAX} bytes, found ${quoteIdentifier(key)}, which cannot be a column. Rename it in the files, or put it below another key`,
  );
}
