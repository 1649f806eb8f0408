import { FILES_TABLE } from "../../loading/state-tables.ts";
import type { SourceFile } from "../../sources/files/file-source.ts";
import { quoteTable, showTable, type TableName } from "../../sql/identifier.ts";
import type { Session } from "../session.ts";
import { readTarget } from "./target.ts";

/** The files that have changed since they were last loaded into the target, or never were: all of them when it is gone. */
export async function withoutLoaded(
  session: Session,
  target: TableName,
  files: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  if ((await readTarget(session, target)) === undefined) return files;
  const { rows } = await session.query<{ uri: string; etag: string }>(
    `SELECT DISTINCT ON (uri) uri, etag FROM ${filesTable(target)} WHERE target = $1 AND uri = ANY ($2)
     ORDER BY uri, loaded_at DESC`,
    [showTable(target), files.map(({ uri }) => uri)],
  );
  const loaded = new Set(rows.map(({ uri, etag }) => `${etag} ${uri}`));
  return files.filter(({ uri, etag }) => !loaded.has(`${etag} ${uri}`));
}

/** Remembers files, inside the transaction of their rows. */
export async function recordFiles(
  session: Session,
  target: TableName,
  files: readonly SourceFile[],
  loadId: string,
): Promise<void> {
  const rows = files.map(({ uri, etag, bytes }) => ({ uri, etag, bytes }));
  await session.query(
    `INSERT INTO ${filesTable(target)} (target, uri, etag, bytes, load_id)
     SELECT $1, f.uri, f.etag, f.bytes, $2 FROM pg_catalog.jsonb_to_recordset($3::jsonb) AS f(uri text, etag text, bytes bigint)
     ON CONFLICT (target, uri, etag) DO UPDATE SET load_id = excluded.load_id, loaded_at = excluded.loaded_at`,
    [showTable(target), loadId, JSON.stringify(rows)],
  );
}

/** Forgets what other loads have loaded into a target whose rows this one has taken away. */
export async function forgetOtherFiles(session: Session, target: TableName, loadId: string): Promise<void> {
  await session.query(`DELETE FROM ${filesTable(target)} WHERE target = $1 AND load_id <> $2`, [
    showTable(target),
    loadId,
  ]);
}

function filesTable({ schema }: TableName): string {
  return quoteTable({ schema, table: FILES_TABLE });
}
