import { chmodSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { findTool } from "../../../config/cluster/tool.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

const logged: string[] = [];
const report = {
  signal: new AbortController().signal,
  log: (line: string) => void logged.push(line),
  progress: () => {},
};

afterEach(() => vi.unstubAllEnvs());

/** A folder with a program that says what it is given, before all others on PATH. */
function onPath(name: string, script: string): string {
  const folder = temporaryDirectory("tool");
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  vi.stubEnv("PATH", `${folder}:${process.env.PATH}`);
  return path;
}

test.each([
  ["helm", "echo v2.17.0+ga690bad"],
  ["helm", "echo v99.0.0"],
  ["kind", "echo kind v0.7.0 go1.13"],
  ["kubectl", "echo Client Version: v1.12.0"],
  ["helm", "echo error: nothing works >&2; exit 1"],
  ["helm", "echo v3.18.0; exit 1"],
] as const)("a %s on PATH that is too old, too new or broken is passed over: %s", async (name, script) => {
  const path = onPath(name, script);
  expect((await findTool(report, name))?.path).not.toBe(path);
  expect(logged.join("\n")).toContain(`${path} will not do`);
});

test("a tool on PATH of a version that will do is taken", async () => {
  const path = onPath("helm", "echo v3.18.4+gd80839c");
  expect(await findTool(report, "helm")).toEqual({ path, version: "3.18.4" });
});
