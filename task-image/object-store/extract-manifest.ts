import { z } from "zod";
import { ConfigurationError } from "../errors.ts";
import { type ObjectStore, readSmallObject } from "./object-store.ts";

const MANIFEST_BYTES_MAX = 16 * 1024 * 1024;

/** What an extract has written into a bucket. It is written last: objects that no manifest lists are not an extract. */
export const ExtractManifest = z.object({
  version: z.literal(1),
  run: z.object({ name: z.string(), uid: z.string() }),
  node: z.string(),
  format: z.enum(["csv", "json", "jsonl"]),
  files: z.array(
    z.object({
      key: z.string(),
      /** Of the object as it is stored, after compression. */
      bytes: z.int().min(0),
      etag: z.string(),
      /** Of the object's bytes, in hexadecimal digits. */
      sha256: z.string(),
      /** Missing where they were not counted. */
      rows: z.int().min(0).optional(),
      /** The table of the source, where it was one. */
      relation: z.object({ schema: z.string(), table: z.string() }).optional(),
      columns: z.array(z.object({ name: z.string(), type: z.string() })).optional(),
    }),
  ),
});
export type ExtractManifest = z.infer<typeof ExtractManifest>;
export type FileFormat = ExtractManifest["format"];

/** The manifest at a key. Throws a ConfigurationError when there is none, or something else stands there. */
export async function readManifest(store: ObjectStore, key: string): Promise<ExtractManifest> {
  const manifest = await findManifest(store, key);
  if (manifest !== undefined) return manifest;
  throw new ConfigurationError(
    "ManifestMissing",
    `connection ${store.connection}: ${store.uri(key)} does not exist any more: the extract that this load follows wrote it, and another run has removed it or is writing its own. Runs that overlap need prefixes of their own; run it again`,
  );
}

/** The manifest at a key, or undefined. Throws a ConfigurationError when something else stands there. */
export async function findManifest(store: ObjectStore, key: string): Promise<ExtractManifest | undefined> {
  const text = await readSmallObject(store, key, MANIFEST_BYTES_MAX);
  if (text === undefined) return undefined;
  const { success, data, error } = ExtractManifest.safeParse(parsed(text));
  if (success) return data;
  throw new ConfigurationError(
    "ManifestInvalid",
    `connection ${store.connection}: ${store.uri(key)} is not the manifest of an extract: ${z.prettifyError(error)}. Run the extract again`,
  );
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
