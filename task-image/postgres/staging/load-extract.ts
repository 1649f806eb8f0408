import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { openObjectStore } from "../../object-store/opening.ts";
import { readExtract } from "../../sources/files/extract-of-run.ts";
import { type FilesLoadSource, listedFiles } from "./load-files.ts";

/** The files that an extract of this run has written, as its manifest lists them: tables keep their names. */
export async function extractToLoad(
  spec: SpecOf<"load">,
  node: string,
  context: CommandContext,
): Promise<FilesLoadSource> {
  const { load } = spec.work;
  await using store = await openObjectStore(spec, load.from.connection, context);
  const manifest = await readExtract(spec, store);
  const tables = manifest.files.map(({ key: name, bytes, etag, relation }) => ({
    source: name,
    target: { schema: load.to.schema, table: load.to.table ?? relation?.table ?? node },
    files: [{ name, uri: store.uri(name), bytes, etag }],
  }));
  const format = load.from.format ?? { [manifest.format]: {} };
  const known = { ...spec, work: { ...spec.work, load: { ...load, from: { ...load.from, format } } } };
  return listedFiles(known, `load.from.node ${node}`, tables, context);
}
