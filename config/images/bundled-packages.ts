import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

/** An npm package of which code lies in an image. */
export interface BundledPackage {
  readonly name: string;
  readonly version: string;
  /** SPDX expression that the package states, such as MIT. */
  readonly license: string;
  /** Names and texts of its licence and notice files. */
  readonly texts: readonly { readonly file: string; readonly text: string }[];
}

const Manifest = z.object({
  name: z.string(),
  version: z.string(),
  license: z.union([z.string(), z.object({ type: z.string() }).transform(({ type }) => type)]).default("not stated"),
});

const LEGAL_FILE = /^(licen[cs]e|notice|copying|copyright)/i;

/** The folders of the packages that the bundler's inputs lie in, once each; paths are relative to the repository. */
export function packageFolders(inputs: readonly string[]): readonly string[] {
  const folders = inputs.flatMap((input) => {
    const found = /^(.*node_modules\/(?:@[^/]+\/)?[^/@][^/]*)\//.exec(input)?.[1];
    return found === undefined ? [] : [found];
  });
  return [...new Set(folders)].sort();
}

/** Reads what a package says of itself and the licence texts that it comes with. */
export async function readPackage(folder: string): Promise<BundledPackage> {
  const manifest = Manifest.parse(JSON.parse(await readFile(join(folder, "package.json"), "utf8")));
  const files = (await readdir(folder, { withFileTypes: true })).filter(
    (entry) => entry.isFile() && LEGAL_FILE.test(entry.name),
  );
  const texts = files.map(async ({ name }) => ({ file: name, text: await readFile(join(folder, name), "utf8") }));
  return { ...manifest, texts: await Promise.all(texts) };
}

/** One text with the licences of all packages, in the order of their names. */
export function noticesOf(packages: readonly BundledPackage[]): string {
  const head = "Parts of this image come from these packages, under the licences that follow.\n";
  const entries = packages.map(({ name, version, license, texts }) => {
    const title = `${name} ${version}, ${license}`;
    const body = texts.map(({ text }) => text.trim()).join("\n\n");
    return `${"=".repeat(title.length)}\n${title}\n${"=".repeat(title.length)}\n\n${body || "The package comes without the text of its licence."}\n`;
  });
  return [head, ...entries].join("\n");
}
