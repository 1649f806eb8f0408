import { join } from "node:path";
import { attempt } from "./command.ts";
import { TOOLS } from "./directories.ts";
import { findProgram, isExecutable } from "./platform.ts";
import type { Report } from "./report.ts";
import { isWithin, parseVersion } from "./version.ts";
import { ACCEPTED_TOOLS, GO_MINIMUM, type ToolName } from "./versions.ts";

/** A program the quick start calls. */
export interface Tool {
  readonly path: string;
  readonly version: string;
}

const VERSION_ARGUMENTS: Readonly<Record<ToolName, readonly string[]>> = {
  kind: ["version"],
  kubectl: ["version", "--client"],
  helm: ["version", "--short"],
};

/** The tool on PATH when its version will do, else the one that was built here, else undefined. */
export async function findTool(report: Report, name: ToolName): Promise<Tool | undefined> {
  const candidates = [await findProgram(name), join(TOOLS, name)];
  for (const path of candidates) {
    if (!path || !(await isExecutable(path))) continue;
    const answer = await attempt(report, path, VERSION_ARGUMENTS[name], { timeout: 10_000 });
    const version = parseVersion(answer.stdout);
    if (answer.code === 0 && version && isWithin(version, ACCEPTED_TOOLS[name]))
      return { path, version: version.join(".") };
    report.log(`${path} will not do: ${JSON.stringify(ACCEPTED_TOOLS[name])} is expected`);
  }
  return undefined;
}

/** Whether a Go is here that can build the tools. */
export async function hasGo(report: Report): Promise<boolean> {
  const answer = await attempt(report, "go", ["env", "GOVERSION"]);
  const version = parseVersion(answer.stdout.replace(/^go/, ""));
  return answer.code === 0 && version !== undefined && isWithin(version, { from: GO_MINIMUM, below: "2.0.0" });
}
