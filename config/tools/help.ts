import { readFile } from "node:fs/promises";
import { z } from "zod";

/** What each script of package.json does, in one line. */
export const SCRIPTS: Readonly<Record<string, string>> = {
  start: "run a sample pipeline on a kind cluster, from nothing to its rows; `npm start -- --help` lists the options",
  down: "remove what `npm start` made and nothing else; `npm run down -- --cache` takes the build cache too",
  test: "everything: format, lint, types, drift, unit, the quick start, integration, dbt, cluster, end to end on kind",
  check: "the part of it that needs no server, in about two minutes",
  "test:unit": "unit, property, contract, simulation and tidy tests; arguments go to vitest",
  "test:integration": "tests on real servers that they start themselves: Postgres, S3, git",
  "test:cluster": "tests on a real API server (the quick start's cluster), and of the Helm chart",
  "test:dbt": "dbt projects run by real dbt, which pip installs the first time, and by kelt",
  "test:e2e": "tests on the quick start's cluster, end to end",
  sim: "random pipelines under random faults in virtual time; `npm run sim -- --seeds 100000`, `-- --seed 7 --story`",
  bench:
    "one benchmark beside its reference: `npm run bench -- copy`, `-- peers 100000` for another size; without a name it lists them",
  lint: "check manifests without a cluster, as the operator does: `npm run lint -- FILE…`, `-- -o github folder`",
  form: "print the JSON Schema of a Pipeline's parameters, as forms are drawn from: `npm run form -- pipeline.yaml`",
  generate: "write CRDs, reference, chart schema and rights from the types; `-- --check` only compares",
  format: "format the code and mend what the linter can",
  build: "bundle the operator and the task image into dist; `npm run build -- --images` builds their images",
  help: "list every script in one line each",
};

const Package = z.object({ scripts: z.record(z.string(), z.string()) });

/** One line per script: how to type it and what it does. */
export function formatScripts(scripts: readonly string[]): string[] {
  const commands = scripts.map((script) =>
    ["start", "test"].includes(script) ? `npm ${script}` : `npm run ${script}`,
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
