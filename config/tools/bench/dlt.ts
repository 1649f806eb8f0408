import { join } from "node:path";
import { temporaryDirectory } from "../../../test/support/machine/temporary-directory.ts";
import type { TestDatabase } from "../../../test/support/servers/postgres.ts";
import { makeAtomically } from "../../cluster/atomic.ts";
import { run } from "../../cluster/command.ts";
import { CACHE } from "../../cluster/directories.ts";
import { isExecutable } from "../../cluster/platform.ts";
import { type Measured, measureProgram } from "./measured-task.ts";

const VERSION = "1.31.0";
/** What dlt's source of SQL databases and its faster settings need, in versions that were tried with it. */
const PACKAGES = [`dlt[postgres]==${VERSION}`, "sqlalchemy==2.0.58", "pyarrow==26.0.1", "connectorx==0.4.6"];
const SCRIPT = join(import.meta.dirname, "dlt-copy.py");

/** How dlt reads the source and fills the target; `default` is what it does when nothing is said. */
export interface DltSettings {
  readonly backend: "default" | "connectorx";
  readonly fileFormat: "default" | "csv";
}

/** The Python of an environment that has dlt; made from PyPI the first time, which takes a minute. */
export async function installDlt(): Promise<string> {
  const environment = join(CACHE, `dlt-${VERSION}`);
  const python = join(environment, "bin/python");
  if (await isExecutable(python)) return python;
  const report = { signal: AbortSignal.timeout(600_000), progress: () => undefined, log: () => undefined };
  await makeAtomically(environment, async (temporary) => {
    await run(report, "python3", ["-m", "venv", temporary]);
    await run(report, join(temporary, "bin/python"), ["-m", "pip", "install", "--quiet", ...PACKAGES]);
  });
  return python;
}

/** Copies the table films of one database into schema `dataset` of another, from the start of Python to its end. */
export function measureDlt(
  python: string,
  { backend, fileFormat }: DltSettings,
  source: TestDatabase,
  { target, dataset }: { readonly target: TestDatabase; readonly dataset: string },
): Promise<Measured> {
  const folder = temporaryDirectory("dlt");
  return measureProgram(python, [SCRIPT, backend, fileFormat, dataset, folder], {
    PATH: process.env.PATH,
    HOME: folder,
    SOURCE: urlOf("postgresql+psycopg2", source),
    TARGET: urlOf("postgresql", target),
    RUNTIME__DLTHUB_TELEMETRY: "false",
    RUNTIME__LOG_LEVEL: "ERROR",
  });
}

function urlOf(scheme: string, { name, server }: TestDatabase): string {
  const { host, port, user, password } = server;
  return `${scheme}://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/${name}`;
}
