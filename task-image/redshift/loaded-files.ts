import { quoteTable, showTable, type TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";
import { FILES_TABLE } from "../postgres/state-tables.ts";
import type { SourceFile } from "../sources/file-source.ts";
import { batches, changedObjects } from "../warehouse/loaded-objects.ts";
import { readTarget } from "./catalog.ts";

/** The objects that have changed since they were last loaded into the target, or never were: all of them when it is gone. */
export async function withoutLoaded(
  session: Session,
  target: TableName,
  objects: readonly SourceFile[],
): Promise<readonly SourceFile[]> {
  if ((await readTarget(session, target)) === undefined) return objects;
  return await changedObjects(objects, async (uris) => {
    const { rows } = await session.query<{ uri: string; etag: string }>(
      `SELECT uri, etag FROM ${filesTable(target)} WHERE target = $1 AND uri IN (${placesOf(uris)})`,
      [showTable(target), ...uris],
    );
    return rows;
  });
}

/** Remembers objects, inside the transaction of their rows: of each the version that was loaded last. */
export async function recordFiles(
  session: Session,
  target: TableName,
  objects: readonly SourceFile[],
  loadId: string,
): Promise<void> {
  for (const batch of batches(objects)) {
    const uris = batch.map(({ uri }) => uri);
    await session.query(`DELETE FROM ${filesTable(target)} WHERE target = $1 AND uri IN (${placesOf(uris)})`, [
      showTable(target),
      ...uris,
    ]);
    await insertRows(
      session,
      `${filesTable(target)} (target, uri, etag, bytes, load_id, loaded_at)`,
      batch.map(({ uri, etag, bytes }) => [showTable(target), uri, etag, bytes, loadId]),
    );
  }
}

/** Forgets what was loaded into a target whose rows have gone. */
export async function forgetFiles(session: Session, target: TableName): Promise<void> {
  await session.query(`DELETE FROM ${filesTable(target)} WHERE target = $1`, [showTable(target)]);
}

/** Inserts rows of values, each followed by the server's time. */
export async function insertRows(
  session: Session,
  table: string,
  rows: readonly (readonly (string | number | null)[])[],
): Promise<void> {
  for (const batch of batches(rows)) {
    const width = batch[0]?.length ?? 0;
    const tuples = batch.map((_, row) => {
      const values = Array.from({ length: width }, (_value, column) => `$${row * width + column + 1}`);
      return `(${values.join(", ")}, GETDATE())`;
    });
    await session.query(`INSERT INTO ${table} VALUES ${tuples.join(", ")}`, batch.flat());
  }
}

/** The places of URIs among the parameters, after the target. */
function placesOf(uris: readonly string[]): string {
  return uris.map((_, index) => `$${index + 2}`).join(", ");
}

function filesTable({ schema }: TableName): string {
  return quoteTable({ schema, table: FILES_TABLE });
}
