import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { RESULT_FILE_ENV } from "#api/task.ts";
import { temporaryDirectory } from "../../../test/support/machine/temporary-directory.ts";
import { startLossyProxy } from "../../../test/support/servers/lossy-proxy.ts";
import { startPostgres } from "../../../test/support/servers/postgres.ts";
import { startReportServer } from "../../../test/support/tasks/report-server.ts";
import { reportEnvironment } from "../../../test/support/tasks/reporting-task.ts";
import { aTask } from "../../../test/support/tasks/task.ts";
import { bundle } from "../../images/bundle.ts";
import { type BenchmarkLine, median } from "./benchmark-line.ts";
import { imageEnvironment, measureProgram, taskEnvironment } from "./measured-task.ts";

const STARTS = 9;
const LIMIT_MS = 200;

/**
 * Milliseconds from the start of the task image's process to the first query on the wire, over the 200 that it may take, with a channel
 * to an operator that answers; `heard` counts the starts whose result it got. The server is on this machine and a proxy before it sees the query; the connection asks for TLS first and is refused. A Node.js that has
 * nothing to do starts and ends in turn with it: how fast the machine is just now.
 */
export async function startup(): Promise<BenchmarkLine> {
  const main = join((await bundle("task")).folder, "main.mjs");
  const resultFile = join(temporaryDirectory("bench"), "result");
  await using server = await startPostgres();
  const database = await server.createDatabase();
  let firstQuery: number | undefined;
  const watch = (bytes: Buffer) => {
    if (bytes.includes("SELECT")) firstQuery ??= performance.now();
    return false;
  };
  await using operator = await startReportServer();
  await using proxy = await startLossyProxy(server, { sent: watch, received: () => false });
  const connection = database.connection({ port: String(proxy.port) });
  const work = {
    verb: "test" as const,
    test: { connection: "warehouse", checks: [{ sql: "SELECT 1 WHERE false", severity: "error" as const }] },
  };
  const image = await imageEnvironment(main);
  const spec = aTask({ work, connections: { warehouse: connection } });
  const environment = { ...(await taskEnvironment(main, spec)), ...reportEnvironment(operator) };
  const milliseconds: number[] = [];
  let heard = 0;
  const nodeMilliseconds: number[] = [];
  for (let start = 0; start < STARTS; start += 1) {
    firstQuery = undefined;
    const before = operator.seen.length;
    const begun = performance.now();
    const task = spawn(process.execPath, [main], {
      env: { ...environment, [RESULT_FILE_ENV]: resultFile },
      stdio: ["ignore", "ignore", "inherit"],
    });
    const [exitCode] = await once(task, "exit");
    if (exitCode !== 0) throw new Error(`the task ended with exit code ${exitCode}`);
    if (operator.seen.slice(before).some(({ report }) => report.result !== undefined)) heard += 1;
    milliseconds.push(Math.round((firstQuery ?? Number.NaN) - begun));
    const { seconds } = await measureProgram(process.execPath, ["--eval", "0"], image);
    nodeMilliseconds.push(Math.round(seconds * 1000));
  }
  const middle = median(milliseconds);
  return {
    benchmark: "startup",
    ratio: middle / LIMIT_MS,
    bars: { "ratio <= 1": middle <= LIMIT_MS },
    figures: { milliseconds, medianMs: middle, limitMs: LIMIT_MS, emptyNodeMs: median(nodeMilliseconds), heard },
  };
}
