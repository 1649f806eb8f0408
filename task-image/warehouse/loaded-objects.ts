import { TransientError } from "../errors.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import type { Writing } from "../postgres/publication.ts";
import type { SourceFile } from "../sources/file-source.ts";

/** Objects, or rows of values, of one statement: drivers and servers count what they are given. */
const BATCH = 500;

/** What a warehouse remembers of an object. */
export interface RememberedObject {
  readonly uri: string;
  /** Of the version that was loaded last. */
  readonly etag: string;
}

/**
 * The objects that are not remembered as they are now. `remembered` answers what is known of so many URIs; the memory of a target grows
 * with the years, and what is asked for does not.
 */
export async function changedObjects(
  objects: readonly SourceFile[],
  remembered: (uris: readonly string[]) => Promise<readonly RememberedObject[]>,
): Promise<readonly SourceFile[]> {
  const etags = new Map<string, string>();
  for (const batch of batches(objects)) {
    for (const { uri, etag } of await remembered(batch.map((object) => object.uri))) etags.set(uri, etag);
  }
  return objects.filter(({ uri, etag }) => etags.get(uri) !== etag);
}

/**
 * Asked under the lock of a load that takes only new objects: throws a TransientError unless all of them are still new (`fresh`),
 * because another run may have loaded some since they were looked for.
 */
export function refuseLoadedMeanwhile(
  target: TableName,
  objects: readonly SourceFile[],
  fresh: readonly SourceFile[],
): void {
  if (fresh.length === objects.length) return;
  throw new TransientError(
    "LoadedMeanwhile",
    `publishing ${showTable(target)}: another load has loaded ${objects.length - fresh.length} of the ${objects.length} objects meanwhile. Nothing has been published; the next attempt leaves them out`,
  );
}

/** Whether a load takes the rows away that were in the target: the objects that they came from are forgotten then. */
export function takesRowsAway({ mode }: Writing): boolean {
  return mode === "replace" || mode === "truncate";
}

export function* batches<T>(rows: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < rows.length; at += BATCH) yield rows.slice(at, at + BATCH);
}
