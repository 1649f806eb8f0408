import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

/** Tests by their end. */
interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

interface Layer {
  readonly name: string;
  readonly run: () => Promise<Count>;
}

/** What vitest's JSON reporter says at its end. */
const Report = z.object({
  numPassedTests: z.int(),
  numFailedTests: z.int(),
  numPendingTests: z.int(),
  numTodoTests: z.int(),
  success: z.boolean(),
});

const BIN = "node_modules";
const STATIC: readonly Layer[] = [
  command("format and lint", `${BIN}/@biomejs/biome/bin/biome`, [
    "check",
    "--config-path=config/style.json",
    "--error-on-warnings",
    ".",
  ]),
  command("types", `${BIN}/typescript/bin/tsc`, ["-p", "."]),
  command("drift of generated files", "config/tools/generate.ts", ["--check"]),
];
const UNIT = vitest("unit");
/** The cluster that the layers after it need comes up as it does for a user: by the quick start. */
const QUICKSTART = command("quick start", "config/quickstart/start.ts", []);
/** Their databases and stores would take processors from the tests that do not need them. */
const MORE_QUICKSTARTS = ["posts", "songplays", "netflix", "showcase"].map((sample) =>
  command(`quick start of ${sample}`, "config/quickstart/start.ts", [sample]),
);

/** The layers from the quickest to the slowest; `check` is the part of them that needs no server. */
const SUITES: Readonly<Record<string, readonly Layer[]>> = {
  check: [...STATIC, UNIT],
  all: [...STATIC, UNIT, QUICKSTART, vitest("integration"), ...MORE_QUICKSTARTS, vitest("e2e")],
};

function command(name: string, script: string, args: readonly string[]): Layer {
  const run = async () =>
    (await node([script, ...args])) === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
  return { name, run };
}

function vitest(project: string): Layer {
  return { name: project, run: () => countTests(project) };
}

async function countTests(project: string): Promise<Count> {
  const folder = await mkdtemp(join(tmpdir(), "kelt-test-"));
  const file = join(folder, "report.json");
  const args = [
    "run",
    "--config",
    "config/vitest.config.ts",
    "--project",
    project,
    "--reporter=default",
    "--reporter=json",
  ];
  const code = await node([`${BIN}/vitest/vitest.mjs`, ...args, `--outputFile.json=${file}`]);
  try {
    const report = Report.parse(JSON.parse(await readFile(file, "utf8")));
    // A file that cannot be loaded fails without a test of its own.
    const failed = Math.max(report.numFailedTests, report.success && code === 0 ? 0 : 1);
    return { passed: report.numPassedTests, failed, skipped: report.numPendingTests + report.numTodoTests };
  } catch (error) {
    process.stderr.write(`vitest left no report of project ${project}: ${(error as Error).message}\n`);
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function node(args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const [code] = (await once(child, "exit")) as [number | null];
  return code ?? 1;
}

/** Runs every layer, whatever fails, and ends with one line over all of them. */
async function runSuite(layers: readonly Layer[]): Promise<Count> {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const { name, run } of layers) {
    process.stdout.write(`\n== ${name}\n`);
    const begun = performance.now();
    const count = await run();
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
    const seconds = ((performance.now() - begun) / 1000).toFixed(0);
    process.stdout.write(`== ${name}: ${count.passed} passed, ${count.failed} failed in ${seconds} s\n`);
  }
  return total;
}

const suite = SUITES[process.argv[2] ?? "all"];
if (suite === undefined) {
  process.stderr.write(`usage: test.ts [${Object.keys(SUITES).join("|")}]\n`);
  process.exit(2);
}
const { passed, failed, skipped } = await runSuite(suite);
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
