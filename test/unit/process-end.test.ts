import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { until } from "../support/machine/until.ts";

const MODULE = new URL("../support/machine/temporary-directory.ts", import.meta.url);

/** A process with a directory of its own that waits for its end. */
const PROGRAM = `import { temporaryDirectory } from ${JSON.stringify(MODULE.href)};
process.stdout.write(temporaryDirectory("ending"));
setInterval(() => undefined, 60_000);`;

test("a process that is told to stop, as vitest tells its workers, takes its directories along", async () => {
  const child = spawn(process.execPath, ["--input-type=module", "--eval", PROGRAM], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [directory] = (await once(child.stdout, "data")) as [Buffer];
  expect(existsSync(directory.toString())).toBe(true);
  child.kill("SIGTERM");
  await until("the directory to go", () => !existsSync(directory.toString()));
});
