import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { setPriority, tmpdir } from "node:os";
import { join } from "node:path";
import { inTurns, type Voice } from "./turns.ts";
import { type Count, countReport } from "./vitest-report.ts";

interface Layer {
  readonly name: string;
  readonly run: (voice: Voice) => Promise<Count>;
}

/** Layers that run one after another. */
type Lane = readonly Layer[];

/** Lanes that run at once. */
type Step = readonly Lane[];

/** A niceness: https://man7.org/linux/man-pages/man7/sched.7.html */
const PATIENCE = 10;
const BIN = "node_modules";
const STATIC: readonly Layer[] = [
  command("format and lint", `${BIN}/@biomejs/biome/bin/biome`, [
    "check",
    "--config-path=config/style.json",
    "--error-on-warnings",
    ".",
  ]),
  command("types", `${BIN}/typescript/bin/tsc`, ["-p", "."]),
  command("types of the page that runs in browsers", `${BIN}/typescript/bin/tsc`, ["-p", "task-image/docs/page"]),
  command("drift of generated files", "config/tools/generate.ts", ["--check"]),
];
const UNIT = vitest("unit");
/** The cluster that other layers need comes up as it does for a user: by the quick start. It brings tools that all others need. */
const QUICKSTART = command("quick start", "config/quickstart/start.ts", []);
const MORE_QUICKSTARTS = ["posts", "songplays", "netflix", "showcase"].map((sample) =>
  command(`quick start of ${sample}`, "config/quickstart/start.ts", [sample]),
);
/** Nearly all of their time they compute: whoever waits for a pod goes first. */
const SERVERS = [vitest("integration", { isPatient: true }), vitest("dbt", { isPatient: true })];
/** Most of their time they wait for pods. The other quick starts' databases and stores come after those that do not need them. */
const CLUSTER = [vitest("cluster"), ...MORE_QUICKSTARTS, vitest("e2e")];

/** What runs, step by step; `check` is the part that needs no server. */
const SUITES: Readonly<Record<string, readonly Step[]>> = {
  check: [[[...STATIC, UNIT]]],
  all: [[STATIC], [[UNIT], [QUICKSTART]], [SERVERS, CLUSTER]],
};

function command(name: string, script: string, args: readonly string[]): Layer {
  const run = async (voice: Voice) =>
    (await node([script, ...args], voice)) === 0
      ? { passed: 1, failed: 0, skipped: 0, failures: [] }
      : { passed: 0, failed: 1, skipped: 0, failures: [name] };
  return { name, run };
}

function vitest(project: string, { isPatient = false } = {}): Layer {
  return { name: project, run: (voice) => countTests(project, voice, isPatient) };
}

async function countTests(project: string, voice: Voice, isPatient: boolean): Promise<Count> {
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
  const code = await node([`${BIN}/vitest/vitest.mjs`, ...args, `--outputFile.json=${file}`], voice, isPatient);
  try {
    return countReport(await readFile(file, "utf8"), code);
  } catch (error) {
    const failure = `vitest left no report of project ${project}: ${(error as Error).message}`;
    return { passed: 0, failed: 1, skipped: 0, failures: [failure] };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Runs a program of Node.js. A patient one leaves the processors to others that want them. */
async function node(args: readonly string[], voice: Voice, isPatient = false): Promise<number> {
  const color = process.stdout.isTTY ? { FORCE_COLOR: "1" } : {};
  const env = { ...process.env, ...color };
  const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"], env });
  if (isPatient && child.pid !== undefined) setPriority(child.pid, PATIENCE);
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding("utf8").on("data", voice.write);
  const [code] = (await once(child, "close")) as [number | null];
  return code ?? 1;
}

/** Runs every layer, whatever fails. */
async function runSuite(steps: readonly Step[]): Promise<Count> {
  const total = { passed: 0, failed: 0, skipped: 0, failures: [] as string[] };
  const nextVoice = inTurns((text) => process.stdout.write(text));
  const runLane = async (lane: Lane) => {
    for (const layer of lane) {
      const { passed, failed, skipped, failures } = await runLayer(layer, nextVoice());
      total.passed += passed;
      total.failed += failed;
      total.skipped += skipped;
      total.failures.push(...failures);
    }
  };
  for (const lanes of steps) await Promise.all(lanes.map(runLane));
  return total;
}

async function runLayer({ name, run }: Layer, voice: Voice): Promise<Count> {
  voice.write(`\n== ${name}\n`);
  const begun = performance.now();
  const count = await run(voice);
  const seconds = ((performance.now() - begun) / 1000).toFixed(0);
  voice.write(`== ${name}: ${count.passed} passed, ${count.failed} failed in ${seconds} s\n`);
  voice.end();
  return count;
}

const suite = SUITES[process.argv[2] ?? "all"];
if (suite === undefined) {
  process.stderr.write(`usage: test.ts [${Object.keys(SUITES).join("|")}]\n`);
  process.exit(2);
}
const { passed, failed, skipped, failures } = await runSuite(suite);
for (const failure of failures) process.stdout.write(`\nfailed: ${failure}\n`);
process.stdout.write(`\n${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 ? 0 : 1;
