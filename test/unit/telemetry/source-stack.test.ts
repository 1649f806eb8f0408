import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { expect, test } from "vitest";
import { createLog } from "../../../operator/telemetry/log.ts";
import { sourceStack } from "../../../operator/telemetry/source-stack.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const SOURCE = `interface Never { readonly at: "run time" }

export function fails(): never {
  throw new Error("it failed");
}
`;

async function stackOfBundle(): Promise<string> {
  const folder = temporaryDirectory("bundle");
  writeFileSync(join(folder, "failing.ts"), SOURCE);
  const outfile = join(folder, "main.mjs");
  await build({ entryPoints: [join(folder, "failing.ts")], outfile, format: "esm", sourcemap: "linked" });
  const { fails } = (await import(/* @vite-ignore */ pathToFileURL(outfile).href)) as { fails: () => never };
  try {
    return fails();
  } catch (error) {
    return (error as Error).stack ?? "";
  }
}

test("a stack of a bundle names the file, the line and the column of the source", async () => {
  const stack = await stackOfBundle();
  expect(sourceStack(stack)).toMatch(/^Error: it failed\n +at .*failing\.ts:4:9\)?\n/);
});

test("a stack of files without a map stays as it is", () => {
  const stack = "Error: no\n    at run (file:///nowhere/main.mjs:3:7)\n    at node:internal/process:1:2";
  expect(sourceStack(stack)).toBe(stack);
});

test("a log line has the places of the sources", async () => {
  const lines: string[] = [];
  const log = createLog("info", { write: (line: string) => void lines.push(line) });
  log.error({ stack: await stackOfBundle() }, "the reconcile keeps failing");
  log.error({ stack: undefined }, "the reconcile keeps failing");
  expect(lines[0]).toContain("failing.ts:4:9");
  expect(JSON.parse(lines[1] ?? "")).not.toHaveProperty("stack");
});
