import { quoteTable, type TableName } from "../postgres/identifier.ts";
import type { SourceFile } from "../sources/file-source.ts";
import { batches, changedObjects } from "../warehouse/loaded-objects.ts";
import { readTarget } from "./catalog.ts";
import type { SnowflakeSession } from "./session.ts";
import { FILES, lockTargets } from "./state-tables.ts";

/** The objects that have changed since they were last loaded into the target, or never were: all of them when it is gone. */
export async function withoutLoaded(
  session: SnowflakeSession,
  target: TableName,
  objects: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  if ((await readTarget(session, target)) === undefined) return objects;
  return await changedObjects(objects, async (uris) => {
    const rows = await session.query(
      `SELECT URI, ETAG FROM ${filesTable(target)} WHERE TARGET = ? AND URI IN (${marksOf(uris)})`,
      [target.table, ...uris],
    );
    return rows.map(({ URI, ETAG }) => ({ uri: URI ?? "", etag: ETAG ?? "" }));
  });
}

/** Remembers objects, inside the transaction of their rows: of each the version that was loaded last. */
export async function recordFiles(
  session: SnowflakeSession,
  target: TableName,
  objects: readonly SourceFile[],
  loadId: string,
): Promise<void> {
  const table = filesTable(target);
  for (const batch of batches(objects)) {
    const uris = batch.map(({ uri }) => uri);
    await session.query(`DELETE FROM ${table} WHERE TARGET = ? AND URI IN (${marksOf(uris)})`, [target.table, ...uris]);
    const rows = batch.map(() => "SELECT ?, ?, ?, CAST(? AS NUMBER(38,0)), ?, CURRENT_TIMESTAMP()").join(" UNION ALL ");
    await session.query(
      `INSERT INTO ${table} (TARGET, URI, ETAG, BYTES, LOAD_ID, LOADED_AT) ${rows}`,
      batch.flatMap(({ uri, etag, bytes }) => [target.table, uri, etag, bytes, loadId]),
    );
  }
}

/** Forgets what was loaded into a target whose rows have gone. */
export async function forgetFiles(session: SnowflakeSession, target: TableName): Promise<void> {
  await session.query(`DELETE FROM ${filesTable(target)} WHERE TARGET = ?`, [target.table]);
}

/**
 * Forgets what was loaded into a target that is gone, before it is made anew: to make it commits, so that a pod that dies afterwards
 * would leave an empty table whose objects count as loaded. Looked at again under the lock, because another load may have made it.
 */
export async function forgetFilesOfGone(session: SnowflakeSession, target: TableName, loadId: string): Promise<void> {
  if ((await readTarget(session, target)) !== undefined) return;
  const remembered = await session.query(`SELECT 1 FROM ${filesTable(target)} WHERE TARGET = ? LIMIT 1`, [
    target.table,
  ]);
  if (remembered.length === 0) return;
  await lockTargets(session, target.schema, [target], loadId);
  if ((await readTarget(session, target)) === undefined) await forgetFiles(session, target);
  await session.query("COMMIT");
}

function marksOf(uris: readonly string[]): string {
  return uris.map(() => "?").join(", ");
}

function filesTable({ schema }: TableName): string {
  return quoteTable({ schema, table: FILES });
}
