import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { TableName } from "../sql/identifier.ts";
import type { ExtractedFile, Fill, WrittenFile } from "./destination.ts";

export const MANIFEST_FILE = "manifest.json";
const MANIFEST_VERSION = 1;
/** File systems take 255 bytes; the rest is room for suffixes. */
const NAME_LENGTH_MAX = 200;

/** The file of a table: its name with everything but letters, digits, `_`, `-` percent-encoded, a digest at the end when long. */
export function extractedFileName({ schema, table }: TableName): string {
  const name = [schema, table].map(encodeName).join(".");
  if (name.length <= NAME_LENGTH_MAX) return `${name}.csv`;
  const digest = createHash("sha256").update(name).digest("hex").slice(0, 16);
  return `${name.slice(0, NAME_LENGTH_MAX)}-${digest}.csv`;
}

function encodeName(name: string): string {
  return encodeURIComponent(name).replace(/[.!~*'()]/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
}

/** Writes a file under another name and gives it its own when it is complete. `fill` ends the stream that it is given. */
export async function writeExtractedFile<T>(directory: string, file: string, fill: Fill<T>): Promise<WrittenFile<T>> {
  await mkdir(directory, { recursive: true });
  const partial = join(directory, `${file}.partial`);
  const hash = createHash("sha256");
  let bytes = 0;
  const filled = await fill(createWriteStream(partial), (chunk) => {
    hash.update(chunk);
    bytes += chunk.length;
  });
  await rename(partial, join(directory, file));
  return { name: file, filled, bytes, sha256: hash.digest("hex") };
}

/** Takes away the manifest of an attempt before, so that its files are not taken for this one's. */
export async function removeManifest(directory: string): Promise<void> {
  await rm(join(directory, MANIFEST_FILE), { force: true });
}

/** Writes the manifest, which makes the files an extract. */
export async function writeManifest(directory: string, files: readonly ExtractedFile[]): Promise<void> {
  const partial = join(directory, `${MANIFEST_FILE}.partial`);
  await writeFile(partial, `${JSON.stringify({ version: MANIFEST_VERSION, format: "csv", files }, null, 2)}\n`);
  await rename(partial, join(directory, MANIFEST_FILE));
}
