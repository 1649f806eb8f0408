import { access } from "node:fs/promises";
import { NODE } from "../cluster/cluster.ts";
import { attempt } from "../cluster/command.ts";
import { BASE_ROOT, NODE_ROOT, POSTGRES_ROOT, PROXY_ROOT, tarOf } from "../cluster/debian.ts";
import { type Engine, readEngine } from "../cluster/engine.ts";
import { missingPrograms, PROGRAMS, type Program } from "../cluster/go-tools.ts";
import { hasImage } from "../cluster/image.ts";
import { findProgram, type Platform, readPlatform } from "../cluster/platform.ts";
import { isReachable, REGISTRIES } from "../cluster/registry.ts";
import type { Report } from "../cluster/report.ts";
import { findTool, hasGo } from "../cluster/tool.ts";
import { ACCEPTED_TOOLS, BASE_IMAGE, NODE_IMAGE, type ToolName } from "../cluster/versions.ts";

/** What is on the machine before anything is done. */
export interface Machine {
  readonly platform: Platform;
  readonly hasDocker: boolean;
  /** The engine, when it runs. */
  readonly engine: Engine | undefined;
  /** The kind cluster exists; only known while the engine runs. */
  readonly hasCluster: boolean;
  readonly hasGo: boolean;
  readonly hasMmdebstrap: boolean;
  readonly lackingTools: readonly ToolName[];
  /** Programs of the Go module that the cache does not hold. */
  readonly unbuiltPrograms: readonly Program[];
  /** All file systems made of Debian packages are in the cache. */
  readonly hasFileSystems: boolean;
  /** Images that are published and can be had: pulled, or already there. */
  readonly canPull: { readonly node: boolean; readonly base: boolean; readonly postgres: boolean };
}

/** Looks at the machine and changes nothing. `isOffline` leaves registries alone, as if none could be reached. */
export async function readMachine(report: Report, isOffline: boolean): Promise<Machine> {
  const hasDocker = (await findProgram("docker")) !== undefined;
  const engine = hasDocker ? await readEngine(report) : undefined;
  const reach = async (registry: "docker.io" | "gcr.io") => !isOffline && (await isReachable(REGISTRIES[registry]));
  const [dockerHub, googleRegistry, platform, goes] = await Promise.all([
    reach("docker.io"),
    reach("gcr.io"),
    readPlatform(),
    hasGo(report),
  ]);
  return {
    platform,
    hasDocker,
    engine,
    hasCluster:
      engine !== undefined && (await attempt(report, "docker", ["inspect", "--format", "{{.Id}}", NODE])).code === 0,
    hasGo: goes,
    hasMmdebstrap: (await findProgram("mmdebstrap")) !== undefined,
    lackingTools: await findLackingTools(report),
    unbuiltPrograms: await missingPrograms(PROGRAMS),
    hasFileSystems: await haveFileSystems(),
    canPull: {
      node: dockerHub || (!isOffline && engine !== undefined && (await hasImage(report, NODE_IMAGE))),
      base: googleRegistry || (!isOffline && engine !== undefined && (await hasImage(report, BASE_IMAGE))),
      postgres: dockerHub,
    },
  };
}

async function findLackingTools(report: Report): Promise<ToolName[]> {
  const names = Object.keys(ACCEPTED_TOOLS) as ToolName[];
  const found = await Promise.all(names.map((name) => findTool(report, name)));
  return names.filter((_, index) => found[index] === undefined);
}

function haveFileSystems(): Promise<boolean> {
  const tars = [NODE_ROOT, PROXY_ROOT, BASE_ROOT, POSTGRES_ROOT].map(tarOf);
  return Promise.all(tars.map((tar) => access(tar))).then(
    () => true,
    () => false,
  );
}
