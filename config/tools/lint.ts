import { Command, CommanderError, Option } from "commander";
import { FORMATS, type Format, formatFindings } from "./lint/finding.ts";
import { readYamlFiles } from "./lint/yaml-files.ts";
import { lintYaml, pipelinesIn } from "./lint/yaml-text.ts";

const EXIT = { clean: 0, findings: 1, usage: 2 } as const;

/** Checks manifests in files with the operator's own code. Returns the exit code. */
export async function lint(args: readonly string[]): Promise<number> {
  const command = new Command("lint")
    .description("checks Pipelines, PipelineRuns and Connections in YAML files as the operator does, without a cluster")
    .argument("<file...>", "files, folders, or - for standard input; objects of other kinds are passed over")
    .addOption(new Option("-o, --output <format>", "how findings are printed").choices(FORMATS).default("text"))
    .addHelpText(
      "after",
      "\nExit codes: 0 no findings but warnings, 1 findings, 2 wrong usage or a file that cannot be read.",
    )
    .exitOverride();
  try {
    command.parse(args, { from: "user" });
    const { output } = command.opts<{ readonly output: Format }>();
    return await lintFiles(command.args, output);
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.clean : EXIT.usage;
    process.stderr.write(`lint: ${(error as Error).message}\n`);
    return EXIT.usage;
  }
}

async function lintFiles(paths: readonly string[], format: Format): Promise<number> {
  const files = await readYamlFiles(paths, process.stdin);
  const pipelines = new Map(files.flatMap(({ text }) => pipelinesIn(text)));
  const linted = files.map(({ name, text, named }) => lintYaml(name, text, { named, pipelines }));
  const findings = linted.flatMap((one) => one.findings);
  const manifests = linted.reduce((sum, one) => sum + one.manifests, 0);
  process.stdout.write(formatFindings(findings, format));
  process.stderr.write(`${manifests} manifests of kelt in ${files.length} files, ${findings.length} findings\n`);
  return findings.every(({ warns }) => warns === true) ? EXIT.clean : EXIT.findings;
}

if (import.meta.main) process.exitCode = await lint(process.argv.slice(2));
