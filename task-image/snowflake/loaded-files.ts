import { quoteTable, type TableName } from "../postgres/identifier.ts";
import type { SourceFile } from "../sources/file-source.ts";
import { readTarget } from "./catalog.ts";
import type { SnowflakeSession } from "./session.ts";
import { FILES } from "./state-tables.ts";

/** Rows of one statement. */
const BATCH = 500;

/** The objects that have changed since they were last loaded into the target, or never were: all of them when it is gone. */
export async function withoutLoaded(
  session: SnowflakeSession,
  target: TableName,
  objects: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  if ((await readTarget(session, target)) === undefined) return objects;
  const rows = await session.query(`SELECT URI, ETAG FROM ${filesTable(target)} WHERE TARGET = ?`, [target.table]);
  const loaded = new Map(rows.map((row) => [row.URI, row.ETAG]));
  return objects.filter(({ uri, etag }) => loaded.get(uri) !== etag);
}

/** Remembers objects, inside the transaction of their rows: of each the version that was loaded last. */
export async function recordFiles(
  session: SnowflakeSession,
  target: TableName,
  objects: readonly SourceFile[],
  loadId: string,
): Promise<void> {
  const table = filesTable(target);
  for (let at = 0; at < objects.length; at += BATCH) {
    const batch = objects.slice(at, at + BATCH);
    const uris = batch.map(({ uri }) => uri);
    await session.query(`DELETE FROM ${table} WHERE TARGET = ? AND URI IN (${uris.map(() => "?").join(", ")})`, [
      target.table,
      ...uris,
    ]);
    const rows = batch.map(() => "SELECT ?, ?, ?, CAST(? AS NUMBER(38,0)), ?, CURRENT_TIMESTAMP()").join(" UNION ALL ");
    await session.query(
      `INSERT INTO ${table} (TARGET, URI, ETAG, BYTES, LOAD_ID, LOADED_AT) ${rows}`,
      batch.flatMap(({ uri, etag, bytes }) => [target.table, uri, etag, bytes, loadId]),
    );
  }
}

function filesTable({ schema }: TableName): string {
  return quoteTable({ schema, table: FILES });
}
