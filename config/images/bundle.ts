import { copyFile, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { build } from "esbuild";
import { REPOSITORY } from "../cluster/directories.ts";
import { bundlePage } from "./docs-page.ts";

/**
 * The two programs of this repository: each is one entry point, one bundle and one image. `native` is a package of compiled code,
 * one for each platform; it cannot be a part of the bundle and lies beside it in the image, as the macros of dbt's adapters do. `docs` is
 * whether the bundle has the page of dbt projects and the parser of their queries, which looks for its compiled code where its own lies.
 */
export const APPS = {
  operator: {
    entries: { main: "operator/main.ts" },
    output: "dist/operator",
    dockerfile: "operator/Dockerfile",
    native: undefined,
    macros: false,
    docs: false,
  },
  task: {
    entries: {
      main: "task-image/main.ts",
      "pack-worker": "task-image/git/pack-worker.ts",
      "docs-worker": "task-image/docs/docs-worker.ts",
      "read-worker": "task-image/dbt/run/read-worker.ts",
      "run-worker": "task-image/dbt/run/run-worker.ts",
      compile: "config/images/compile.ts",
    },
    output: "dist/task-image",
    dockerfile: "task-image/Dockerfile",
    native: { name: "@duckdb/node-bindings", file: "duckdb.node" },
    macros: true,
    docs: true,
  },
} as const;
export type App = keyof typeof APPS;

/** Packages in CommonJS use what an ECMAScript module does not have. */
const COMMONJS = [
  'import { createRequire as createRequireOfBundle } from "node:module";',
  "const require = createRequireOfBundle(import.meta.url);",
  "const { filename: filenameOfBundle, dirname: dirnameOfBundle } = import.meta;",
].join("\n");

/** Compiled code that ssh2 does without. */
const OPTIONAL = ["cpu-features", "*/sshcrypto.node"];

export interface Bundle {
  readonly folder: string;
  /** The files that went in, relative to the repository. */
  readonly inputs: readonly string[];
}

/**
 * Bundles a program into `main.mjs` of a folder, `dist/APP` if none is given, with all its packages; what it imports later stays a
 * file of its own, so that starting it reads no more than it needs. The folder is emptied first. The same sources give the same bytes.
 * With entries of its own a benchmark measures its program as the image would run it.
 */
export async function bundle(
  app: App,
  outdir = join(REPOSITORY, APPS[app].output),
  entries: Readonly<Record<string, string>> = APPS[app].entries,
): Promise<Bundle> {
  const { native } = APPS[app];
  await rm(outdir, { recursive: true, force: true });
  const { metafile } = await build({
    absWorkingDir: REPOSITORY,
    entryPoints: { ...entries },
    outdir,
    bundle: true,
    splitting: true,
    external: [...OPTIONAL, ...(native === undefined ? [] : [`${native.name}-*`])],
    format: "esm",
    platform: "node",
    target: "node24",
    outExtension: { ".js": ".mjs" },
    chunkNames: "chunks/[name]-[hash]",
    banner: { js: COMMONJS },
    define: { __filename: "filenameOfBundle", __dirname: "dirnameOfBundle" },
    sourcemap: "linked",
    sourcesContent: false,
    legalComments: "external",
    minifySyntax: true,
    metafile: true,
    logLevel: "silent",
  });
  const inputs = Object.keys(metafile.inputs);
  return { folder: outdir, inputs: APPS[app].docs ? [...inputs, ...(await addDocs(outdir))] : inputs };
}

/** Adds what the command `docs` needs beside code. Returns the files that went in. */
async function addDocs(outdir: string): Promise<readonly string[]> {
  const parser = dirname(createRequire(import.meta.url).resolve("libpg-query"));
  await copyFile(join(parser, PARSER), join(outdir, PARSER));
  return await bundlePage(outdir);
}

const PARSER = "libpg-query.wasm";
