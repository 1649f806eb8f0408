import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { REPOSITORY } from "../../config/cluster/directories.ts";

/*
 * The benchmarks are not run on every change, and so nobody would see that one cannot run any more. What this one measures does not
 * matter here. The others start a task in the same way, and need psql beside it.
 */

it("a benchmark runs a task of the image's bundle to its end and prints its line", async () => {
  const bench = join(REPOSITORY, "config/tools/bench/bench.ts");
  const { stdout } = await promisify(execFile)(process.execPath, [bench, "startup"], { cwd: REPOSITORY });
  const line: unknown = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
  expect(line).toMatchObject({ benchmark: "startup", ratio: expect.any(Number) as number });
});
