import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { findDrift } from "./generate/drift.ts";
import { generatedFiles } from "./generate/generated-files.ts";

/** Writes every generated file that differs. With --check it writes nothing and fails where one does. */
const root = fileURLToPath(new URL("../..", import.meta.url));
const files = generatedFiles();
const check = process.argv.includes("--check");
const drifts = await findDrift(root, files);

for (const { path, found } of drifts) {
  if (check) {
    process.stderr.write(`${path}: expected what \`npm run generate\` writes, found ${found}: run it and commit\n`);
    continue;
  }
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), files.get(path) ?? "");
  process.stdout.write(`wrote ${path}\n`);
}
if (drifts.length === 0) process.stdout.write(`${files.size} generated files are up to date\n`);
process.exitCode = check && drifts.length > 0 ? 1 : 0;
