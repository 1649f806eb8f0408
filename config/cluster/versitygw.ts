import { join } from "node:path";
import { makeAtomically } from "./atomic.ts";
import { run } from "./command.ts";
import { CACHE } from "./directories.ts";
import { isExecutable } from "./platform.ts";
import type { Report } from "./report.ts";
import { VERSITYGW_VERSION } from "./versions.ts";

const PACKAGE = "github.com/versity/versitygw/cmd/versitygw";

/** Path of the S3 server of the demos and the tests; built from its Go module the first time, which takes a minute. */
export async function buildVersitygw(report: Report): Promise<string> {
  const directory = join(CACHE, `versitygw-${VERSITYGW_VERSION}`);
  const program = join(directory, "versitygw");
  if (await isExecutable(program)) return program;
  await makeAtomically(directory, async (temporary) => {
    const onLine = (line: string) => {
      if (line.startsWith("go: downloading")) report.progress(line.slice("go: ".length));
    };
    const env = { CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOWORK: "off", GOBIN: temporary };
    const args = ["install", "-trimpath", "-ldflags", "-s -w", `${PACKAGE}@v${VERSITYGW_VERSION}`];
    await run(report, "go", args, { cwd: CACHE, env, onLine });
  });
  return program;
}
