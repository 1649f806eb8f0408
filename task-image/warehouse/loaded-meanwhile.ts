import { TransientError } from "../errors.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import type { SourceFile } from "../sources/file-source.ts";

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
