import type { BenchmarkLine } from "./benchmark-line.ts";

/** Every benchmark by the name that it is called by; loaded when it is wanted. */
const BENCHMARKS: Readonly<Record<string, () => Promise<BenchmarkLine>>> = {
  dispatch: async () => (await import("./dispatch.ts")).dispatch(),
  startup: async () => (await import("./startup.ts")).startup(),
  copy: async () => (await import("./copy.ts")).copy(),
  ranges: async () => (await import("./ranges.ts")).ranges(),
  "s3-csv": async () => (await import("./s3-csv.ts")).s3Csv(),
  "s3-json": async () => (await import("./s3-json.ts")).s3Json(),
};

const name = process.argv[2];
const benchmark = BENCHMARKS[name ?? ""];
if (benchmark === undefined) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(BENCHMARKS).join(" | ")}\n`);
  process.exit(2);
}
process.stdout.write(`${JSON.stringify(await benchmark())}\n`);
process.exit(0);
