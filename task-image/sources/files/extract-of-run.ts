import type { SpecOf } from "../../commands/command.ts";
import { ConfigurationError, DataError } from "../../errors.ts";
import { type ExtractManifest, readManifest } from "../../object-store/extract-manifest.ts";
import type { ObjectStore } from "../../object-store/object-store.ts";

/** The manifest of the extract that `load.from.node` names. Its files are those that this run's extract has written. */
export async function readExtract(spec: SpecOf<"load">, store: ObjectStore): Promise<ExtractManifest> {
  const key = manifestKeyOf(spec);
  const manifest = await readManifest(store, key);
  await expectUnchanged(store, key, manifest, spec);
  return manifest;
}

/** The key of the manifest that the node of `load.from.node` writes. */
export function manifestKeyOf({ work: { load, manifest } }: SpecOf<"load">): string {
  if (manifest !== undefined) return manifest;
  throw new ConfigurationError(
    "InvalidSpec",
    `load.from.node ${load.from.node}: the operator did not say where its manifest is. Use an operator and a task image of the same version`,
  );
}

/** Throws a DataError when the files are not those that the extract of this run has written. */
async function expectUnchanged(
  store: ObjectStore,
  key: string,
  { run, files }: ExtractManifest,
  spec: SpecOf<"load">,
): Promise<void> {
  if (run.uid !== spec.run.uid) {
    throw new DataError(
      "ExtractReplaced",
      `${store.uri(key)} was written by run ${run.name}, and run ${spec.run.name} expects its own. Runs that overlap need prefixes of their own; run it again`,
    );
  }
  for (const file of files) {
    const found = await store.find(file.key);
    if (found?.etag === file.etag && found.bytes === file.bytes) continue;
    const what = found === undefined ? "is gone" : `has the etag ${found.etag}, and ${file.etag} was written`;
    throw new DataError("ExtractReplaced", `${store.uri(file.key)} ${what}. Something else writes there; run it again`);
  }
}
