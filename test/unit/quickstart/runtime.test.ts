import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

const WRAPPER = new URL("../../../config/cluster/runc-without-sys-resource", import.meta.url).pathname;
const CAPABILITIES = { bounding: ["CAP_SYS_RESOURCE", "CAP_KILL"], effective: ["CAP_KILL", "CAP_SYS_RESOURCE"] };
const WITHOUT = { bounding: ["CAP_KILL"], effective: ["CAP_KILL"] };

let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "kelt-runc-"));
  writeFileSync(join(directory, "runc"), '#!/bin/sh\necho "$@"\nexit 7\n');
  chmodSync(join(directory, "runc"), 0o755);
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

function callRunc(...args: string[]) {
  return spawnSync(WRAPPER, args, { env: { PATH: `${directory}:${process.env.PATH}` }, encoding: "utf8" });
}

function writeProcess(file: string, capabilities: object): string {
  const path = join(directory, file);
  writeFileSync(path, JSON.stringify({ process: { capabilities } }));
  return path;
}

const capabilitiesIn = (path: string) =>
  (JSON.parse(readFileSync(path, "utf8")) as { process: { capabilities: object } }).process.capabilities;

describe("the runtime of a machine that holds CAP_SYS_RESOURCE back", () => {
  it("takes that capability out of a new container and hands everything on to runc", () => {
    const config = writeProcess("config.json", CAPABILITIES);
    const { stdout, status } = callRunc("--root", "/run", "create", "--bundle", directory, "id");
    expect(capabilitiesIn(config)).toEqual(WITHOUT);
    expect(stdout).toBe(`--root /run create --bundle ${directory} id\n`);
    expect(status).toBe(7);
  });

  it("takes it out of a process that is run in a container", () => {
    const path = writeProcess("process.json", CAPABILITIES);
    callRunc("exec", "--process", path, "id");
    expect(capabilitiesIn(path)).toEqual(WITHOUT);
  });

  it("leaves a container alone that does not ask for it", () => {
    const config = writeProcess("config.json", WITHOUT);
    const before = readFileSync(config, "utf8");
    callRunc("create", "--bundle", directory, "id");
    expect(readFileSync(config, "utf8")).toBe(before);
  });
});
