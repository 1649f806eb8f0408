import { spawn } from "node:child_process";
import { Agent, request } from "node:https";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { REPORT_PATH, REPORT_SERVER_NAME, type ReportItem } from "#api/report.ts";
import { temporaryDirectory } from "../../../test/support/machine/temporary-directory.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, round } from "./benchmark-line.ts";
import { nodeOptions } from "./measured-task.ts";

const RUNS = 10;
const NODES = 50;
const TASKS = RUNS * NODES;
const ITEMS_PER_SECOND = 100;
const SECONDS = 60;
/** Connections are opened and first snapshots sent meanwhile. */
const WARM_UP_SECONDS = 10;
const CORES_MAX = 0.25;
const MEMORY_MAX = 250_000_000;
const VISIBLE_MS_MAX = 1_500;

interface Setup {
  readonly channel: { readonly urls: readonly string[]; readonly certificate: string };
  readonly tasks: readonly { readonly token: string; readonly run: string; readonly node: string }[];
}
interface Took {
  readonly cores: number;
  readonly rssBytes: number;
  /** When all tasks had begun. */
  readonly rssBytesBefore: number;
  /** From an item's push to the NodeReport that shows it, in ms. */
  readonly latencies: readonly number[];
}

/**
 * 500 tasks of 10 runs, each with a TLS connection of its own, report 100 items a second in all to an operator on an API server in
 * memory, which is a part of what its process takes. An item is visible when a NodeReport has it. The ratio is of the cores to their bar.
 */
export async function report(): Promise<BenchmarkLine> {
  const entries = { main: "config/tools/bench/report-operator.ts" };
  const { folder } = await bundle("operator", temporaryDirectory("bench-report"), entries);
  const operator = spawn(process.execPath, [join(folder, "main.mjs"), String(RUNS), String(NODES)], {
    env: { NODE_OPTIONS: nodeOptions("operator") },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: operator.stdout })[Symbol.asyncIterator]();
  const next = async () => JSON.parse(String((await lines.next()).value)) as unknown;
  const setup = (await next()) as Setup;
  const refused = new Map<number, number>();
  const end = new AbortController();
  const working = Promise.allSettled(
    setup.tasks.map((task, i) => work(setup, task, i, { refused, signal: end.signal })),
  );
  await sleep(WARM_UP_SECONDS * 1000);
  operator.stdin.write("begin\n");
  await sleep(SECONDS * 1000);
  operator.stdin.write("end\n");
  end.abort();
  const { cores, rssBytes, rssBytesBefore, latencies } = (await next()) as Took;
  await working;
  const p99 = percentile(latencies, 0.99);
  return {
    benchmark: "report",
    ratio: round(cores / CORES_MAX),
    bars: {
      [`cores <= ${CORES_MAX}`]: cores <= CORES_MAX,
      [`rss <= ${MEMORY_MAX / 1_000_000} MB`]: rssBytes <= MEMORY_MAX,
      [`p99 <= ${VISIBLE_MS_MAX} ms`]: p99 <= VISIBLE_MS_MAX,
    },
    figures: {
      ...{ tasks: TASKS, itemsPerSecond: round(latencies.length / SECONDS), cores: round(cores) },
      megabytes: round(rssBytes / 1_000_000),
      megabytesAtBeginning: round(rssBytesBefore / 1_000_000),
      visibleMsMedian: percentile(latencies, 0.5),
      visibleMsP99: p99,
      otherAnswers: JSON.stringify(Object.fromEntries(refused)),
    },
  };
}

/** One item every few seconds, at a moment of its own, until the end. */
async function work(
  { channel }: Setup,
  { token, run, node }: Setup["tasks"][number],
  index: number,
  { refused, signal }: { readonly refused: Map<number, number>; readonly signal: AbortSignal },
): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1, ca: channel.certificate, servername: REPORT_SERVER_NAME });
  const everyMs = (TASKS / ITEMS_PER_SECOND) * 1000;
  const items: ReportItem[] = [];
  let isWhole = false;
  await sleep((index / TASKS) * everyMs, undefined, { signal });
  for (let seq = 1; !signal.aborted; seq += 1) {
    const item = { kind: "model", name: `i${seq}`, state: "Succeeded", rows: Date.now() } as const;
    items.push(item);
    const kind = isWhole ? "delta" : "snapshot";
    const body = {
      version: 1,
      run,
      node,
      attempt: 1,
      epoch: "e",
      seq,
      kind,
      phase: "working",
      items: isWhole ? [item] : items,
    };
    const status = await post(`${channel.urls[0]}${REPORT_PATH}`, { agent, token, body: JSON.stringify(body) });
    isWhole = status === 200;
    if (!isWhole) refused.set(status, (refused.get(status) ?? 0) + 1);
    await sleep(everyMs, undefined, { signal });
  }
}

interface Message {
  readonly agent: Agent;
  readonly token: string;
  readonly body: string;
}

/** The status that answers; 0 where none came. */
function post(url: string, { agent, token, body }: Message): Promise<number> {
  return new Promise((resolve) => {
    const headers = { authorization: `Bearer ${token}`, "content-length": Buffer.byteLength(body) };
    const sent = request(url, { agent, method: "POST", headers }, (response) => {
      response.resume();
      response.on("end", () => resolve(response.statusCode ?? 0));
    });
    sent.on("error", () => resolve(0));
    sent.end(body);
  });
}

function percentile(figures: readonly number[], share: number): number {
  const sorted = [...figures].sort((a, b) => a - b);
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN;
}
