import { TransientError } from "../errors.ts";
import type { SourceFile } from "../sources/files/file-source.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import { FILES_TABLE } from "./state-tables.ts";
import { batches, insertRows, ownName, ownTable, type SqlValue, type WarehouseSession } from "./warehouse-session.ts";

/**
 * The files that have changed since they were last loaded into a target that is there, or never were. The memory of a target grows with
 * the years, and what is asked for does not.
 */
export async function withoutLoaded(
  session: WarehouseSession,
  target: TableName,
  files: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  const { dialect } = session;
  const columns = ["uri", "etag"].map((name) => ownName(dialect, name)).join(", ");
  const etags = new Map<string, string>();
  for (const batch of batches(files)) {
    const uris = batch.map(({ uri }) => uri);
    const { where, values } = filesOf(session, target, uris);
    const rows = await session.select(`SELECT ${columns} FROM ${fileTable(session, target)} WHERE ${where}`, values);
    for (const { uri, etag } of rows) etags.set(String(uri), String(etag));
  }
  return files.filter(({ uri, etag }) => etags.get(uri) !== etag);
}

/**
 * Asked under the lock of a load that takes only new files: throws a TransientError unless all of them are still new (`fresh`), because
 * another run may have loaded some since they were looked for.
 */
export function refuseLoadedMeanwhile(
  target: TableName,
  files: readonly SourceFile[],
  fresh: readonly SourceFile[],
): void {
  if (fresh.length === files.length) return;
  throw new TransientError(
    "LoadedMeanwhile",
    `publishing ${showTable(target)}: another load has loaded ${files.length - fresh.length} of the ${files.length} objects meanwhile. Nothing has been published; the next attempt leaves them out`,
  );
}

/** Remembers files, inside the transaction of their rows: of each the version that was loaded last. */
export async function recordFiles(
  session: WarehouseSession,
  target: TableName,
  files: readonly SourceFile[],
  loadId: string,
): Promise<void> {
  const table = fileTable(session, target);
  const columns = ["target", "uri", "etag", "bytes", "load_id", "loaded_at"];
  const key = session.dialect.targetKey(target);
  for (const batch of batches(files)) {
    const uris = batch.map(({ uri }) => uri);
    const { where, values } = filesOf(session, target, uris);
    await session.write(`DELETE FROM ${table} WHERE ${where}`, values);
    const rows = batch.map(({ uri, etag, bytes }) => [key, uri, etag, bytes, loadId]);
    await insertRows(session, table, columns, rows);
  }
}

/** Forgets what was loaded into a target whose rows have gone. */
export async function forgetFiles(session: WarehouseSession, target: TableName): Promise<void> {
  const { where, values } = filesOf(session, target);
  await session.write(`DELETE FROM ${fileTable(session, target)} WHERE ${where}`, values);
}

/** Whether files are remembered that were loaded into a target. */
export async function hasFiles(session: WarehouseSession, target: TableName): Promise<boolean> {
  const { where, values } = filesOf(session, target);
  const rows = await session.select(`SELECT 1 FROM ${fileTable(session, target)} WHERE ${where} LIMIT 1`, values);
  return rows.length > 0;
}

/** The condition for files of a target, all of them or those of so many URIs. */
function filesOf(
  { dialect }: WarehouseSession,
  target: TableName,
  uris?: readonly string[],
): { readonly where: string; readonly values: readonly SqlValue[] } {
  const isTarget = `${ownName(dialect, "target")} = ${dialect.value(1)}`;
  const places = uris?.map((_, index) => dialect.value(index + 2)).join(", ");
  const where = places === undefined ? isTarget : `${isTarget} AND ${ownName(dialect, "uri")} IN (${places})`;
  return { where, values: [dialect.targetKey(target), ...(uris ?? [])] };
}

function fileTable({ dialect }: WarehouseSession, { schema }: TableName): string {
  return ownTable(dialect, schema, FILES_TABLE);
}
