import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { build } from "esbuild";
import { REPOSITORY } from "../cluster/directories.ts";

const FOLDER = "task-image/docs/page";
/** The file beside the task's program; `docs` puts the data of a project into it. */
export const PAGE_FILE = "docs-page.html";

/**
 * Writes the page of `docs` without data: one file with its code and style, which may load nothing, run no other code and send nothing.
 * Returns the files that went in, relative to the repository.
 */
export async function bundlePage(outdir: string): Promise<readonly string[]> {
  const page = await built("main.ts");
  const style = await built("style.css");
  const policy = [
    "default-src 'none'",
    `script-src ${hashOf(page.text)}`,
    `style-src ${hashOf(style.text)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  const parts = { policy, style: style.text, code: page.text };
  const template = await readFile(join(REPOSITORY, FOLDER, "page.html"), "utf8");
  const html = template.replace(/\/\* (policy|style|code) \*\//g, (_, part: keyof typeof parts) => parts[part]);
  await writeFile(join(outdir, PAGE_FILE), html);
  return [...page.inputs, ...style.inputs];
}

async function built(entry: string) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: [`${FOLDER}/${entry}`],
    bundle: true,
    minify: true,
    format: "iife",
    platform: "browser",
    target: ["chrome120", "firefox121", "safari17.4"],
    legalComments: "none",
    write: false,
    outdir: "out",
    metafile: true,
    logLevel: "silent",
  });
  const [file] = outputFiles;
  if (file === undefined || outputFiles.length !== 1)
    throw new Error(`${entry} became ${outputFiles.length} files, and 1 is expected`);
  return { text: file.text.trim(), inputs: Object.keys(metafile.inputs) };
}

/** https://www.w3.org/TR/CSP3/#grammardef-hash-source */
function hashOf(text: string): string {
  return `'sha256-${createHash("sha256").update(text).digest("base64")}'`;
}
