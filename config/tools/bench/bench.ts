import type { BenchmarkLine } from "./benchmark-line.ts";

interface Benchmark {
  /** What a size counts, where the benchmark has one, and how many it is at the size that the bars are for. */
  readonly size?: { readonly of: string; readonly full: number };
  readonly run: (size: number) => Promise<BenchmarkLine>;
}

/** Every benchmark by the name that it is called by; loaded when it is wanted. */
const BENCHMARKS: Readonly<Record<string, Benchmark>> = {
  dispatch: { run: async () => (await import("./dispatch.ts")).dispatch() },
  "dispatch-work": { run: async () => (await import("./dispatch.ts")).dispatchWork() },
  "dispatch-wide": { run: async () => (await import("./dispatch.ts")).dispatchWide() },
  "scale-memory": { run: async () => (await import("./scale-memory.ts")).scaleMemory() },
  tenancy: { run: async () => (await import("./tenancy.ts")).tenancy() },
  report: { run: async () => (await import("./report.ts")).report() },
  "dbt-node": { run: async () => (await import("./dbt-node.ts")).dbtNode() },
  "dbt-200": { run: async () => (await import("./dbt.ts")).dbt200() },
  "dbt-sleep": { run: async () => (await import("./dbt.ts")).dbtSleep() },
  "dbt-start": { run: async () => (await import("./dbt.ts")).dbtStart() },
  startup: { run: async () => (await import("./startup.ts")).startup() },
  copy: { size: { of: "rows", full: 4_000_000 }, run: async (rows) => (await import("./copy.ts")).copy(rows) },
  ranges: { size: { of: "rows", full: 4_000_000 }, run: async (rows) => (await import("./ranges.ts")).ranges(rows) },
  peers: { size: { of: "rows", full: 2_000_000 }, run: async (rows) => (await import("./peers.ts")).peers(rows) },
  "s3-csv": { size: { of: "MB", full: 1000 }, run: async (mb) => (await import("./s3-csv.ts")).s3Csv(mb) },
  "s3-json": { size: { of: "MB", full: 500 }, run: async (mb) => (await import("./s3-json.ts")).s3Json(mb) },
};

const [name = "", size] = process.argv.slice(2);
const benchmark = Object.hasOwn(BENCHMARKS, name) ? BENCHMARKS[name] : undefined;
const count = Number(size ?? benchmark?.size?.full ?? 0);
if (benchmark === undefined || (size !== undefined && !(benchmark.size !== undefined && count > 0))) {
  const names = Object.entries(BENCHMARKS).map(([each, { size: sized }]) => {
    return sized === undefined ? each : `${each} [${sized.of}, ${sized.full} if not said]`;
  });
  process.stderr.write(`usage: npm run bench -- NAME [SIZE], where NAME is one of\n  ${names.join("\n  ")}\n`);
  process.exit(2);
}
process.stdout.write(`${JSON.stringify(await benchmark.run(count))}\n`);
process.exit(0);
