import { readFile } from "node:fs/promises";
import { z } from "zod";

/** What each script of package.json does, in one line. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  start: "run a sample pipeline on a kind cluster, from nothing to its rows; `npm start -- --help` lists the options",
  down: "remove what `npm start` made and nothing else; `npm run down -- --cache` takes the build cache too",
  build: "bundle the operator and the task image into dist; `npm run build -- --images` builds their images",
  help: "list every script in one line each",
};

const Package = z.object({ scripts: z.record(z.string(), z.string()) });

/** One line per script: how to type it and what it does. */
export function formatScripts(scripts: readonly string[]): string[] {
  const commands = scripts.map((script) =>
    script === "start" || script === "test" ? `npm ${script}` : `npm run ${script}`,
  );
  const width = Math.max(...commands.map((command) => command.length));
  return scripts.map(
    (script, index) => `${(commands[index] ?? "").padEnd(width)}  ${SCRIPTS[script] ?? "(not described)"}`,
  );
}

if (import.meta.main) {
  const file = new URL("../../package.json", import.meta.url);
  const { scripts } = Package.parse(JSON.parse(await readFile(file, "utf8")));
  for (const line of formatScripts(Object.keys(scripts))) process.stdout.write(`${line}\n`);
}
