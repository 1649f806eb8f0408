import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { reworded, TaskFailure } from "../../errors.ts";
import { reportKey } from "../../kept-report/report-object.ts";
import { type ExtractManifest, findManifest } from "../../object-store/extract-manifest.ts";
import type { ObjectStore } from "../../object-store/object-store.ts";
import { openObjectStore } from "../../object-store/opening.ts";
import { manifestKeyOf } from "./extract-of-run.ts";

/**
 * Removes what the extract of this run has written, after the load of it has been committed, and answers what became of it.
 *
 * | step | removed                      | left, and said so                                                |
 * |------|------------------------------|------------------------------------------------------------------|
 * | 1    | the objects of the manifest  | one with another etag: somebody else's; all of another run's     |
 * | 2    | the report beside it         |                                                                  |
 * | 3    | the manifest                 |                                                                  |
 * | 4    | the bucket, where asked for  | one with other objects, or with old versions of some             |
 *
 * The manifest goes after what it lists, so that an attempt that was killed on the way is gone on with by the next one.
 */
export async function cleanUpExtract(spec: SpecOf<"load">, context: CommandContext): Promise<string> {
  const { from } = spec.work.load;
  try {
    await using store = await openObjectStore(spec, from.connection, context);
    const left = await removeFiles(store, spec, context);
    if (left !== undefined) return left;
    if (from.cleanup !== "bucket") return "files removed";
    return (await store.removeEmptyBucket()) ? `bucket ${store.bucket} removed` : await describeLeft(store);
  } catch (error) {
    if (!(error instanceof TaskFailure)) throw error;
    const message = `the rows are loaded; removing the extract's files is not done: ${error.message}`;
    throw reworded(error, message, { cause: error });
  }
}

/** Answers why files are left, if they are. */
async function removeFiles(
  store: ObjectStore,
  spec: SpecOf<"load">,
  { log }: CommandContext,
): Promise<string | undefined> {
  const key = manifestKeyOf(spec);
  const manifest = await findManifest(store, key);
  if (manifest === undefined) return undefined;
  if (manifest.run.uid !== spec.run.uid)
    return `files left: run ${manifest.run.name} has written ${store.uri(key)} since`;
  for (const file of manifest.files) await removeFile(store, file);
  await store.remove(reportKey(key));
  await store.remove(key);
  log.info("extract removed", { manifest: store.uri(key), files: manifest.files.length });
  return undefined;
}

async function removeFile(store: ObjectStore, { key, etag }: ExtractManifest["files"][number]): Promise<void> {
  const found = await store.find(key);
  if (found?.etag === etag) await store.remove(key);
}

async function describeLeft(store: ObjectStore): Promise<string> {
  for await (const { key } of store.list("")) return `bucket ${store.bucket} left: ${key} is still in it`;
  return `bucket ${store.bucket} left: the store calls it not empty, as old versions of objects make it`;
}
