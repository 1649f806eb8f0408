import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { type ClusterState, readCluster } from "../cluster/cluster-state.ts";
import { attempt } from "../cluster/command.ts";
import { CACHE } from "../cluster/directories.ts";
import { readDisk } from "../cluster/disk.ts";
import { type DockerState, readDocker } from "../cluster/docker-state.ts";
import { hasImage } from "../cluster/image.ts";
import { BASE_ROOT, NODE_ROOT, POSTGRES_ROOT, PROXY_ROOT, tarOf } from "../cluster/offline/debian.ts";
import { missingPrograms, PROGRAMS, type Program } from "../cluster/offline/go-tools.ts";
import { findProgram, isPresent, type Platform, readPlatform } from "../cluster/platform.ts";
import { isReachable, REGISTRIES } from "../cluster/registry.ts";
import type { Report } from "../cluster/report.ts";
import { findTool, hasGo } from "../cluster/tool.ts";
import { ACCEPTED_TOOLS, BASE_IMAGE, NODE_IMAGE, type ToolName } from "../cluster/versions.ts";
import { lacksMacroPackages } from "../macro-packages/macro-packages.ts";
import type { Place, Places } from "./space.ts";

/** What is on the machine before anything is done. */
export interface Machine {
  readonly platform: Platform;
  readonly docker: DockerState;
  /** The kind cluster; only known while the engine runs. */
  readonly cluster: ClusterState;
  readonly hasGo: boolean;
  readonly hasMmdebstrap: boolean;
  /** pip of Python 3 is there. */
  readonly hasPip: boolean;
  /** The macros of dbt's adapters are in the cache. */
  readonly hasMacros: boolean;
  /** Where room is taken, and how much of it is free. */
  readonly places: Places;
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
  const docker = await readDocker(report);
  const answers = docker.state === "answers";
  const reach = async (registry: "docker.io" | "gcr.io") => !isOffline && (await isReachable(REGISTRIES[registry]));
  const [dockerHub, googleRegistry, platform, goes] = await Promise.all([
    reach("docker.io"),
    reach("gcr.io"),
    readPlatform(),
    hasGo(report),
  ]);
  return {
    platform,
    docker,
    cluster: answers ? await readCluster(report) : "absent",
    hasGo: goes,
    hasMmdebstrap: (await findProgram("mmdebstrap")) !== undefined,
    hasPip: (await attempt(report, "python3", ["-m", "pip", "--version"])).code === 0,
    hasMacros: !(await lacksMacroPackages()),
    places: await readPlaces(report, docker),
    lackingTools: await findLackingTools(report),
    unbuiltPrograms: await missingPrograms(PROGRAMS),
    hasFileSystems: await haveFileSystems(),
    canPull: {
      node: dockerHub || (!isOffline && answers && (await hasImage(report, NODE_IMAGE))),
      base: googleRegistry || (!isOffline && answers && (await hasImage(report, BASE_IMAGE))),
      postgres: dockerHub,
    },
  };
}

async function readPlaces(report: Report, docker: DockerState): Promise<Places> {
  const place = async (folder: string): Promise<Place> => ({ folder, ...(await readDisk(folder)) });
  const asked = await attempt(report, "go", ["env", "GOCACHE"], { timeout: 10_000 });
  const root = await readDataRoot(report, docker);
  return {
    cache: await place(CACHE),
    go: await place((asked.code === 0 && asked.stdout.trim()) || dirname(CACHE)),
    ...(root === undefined ? {} : { docker: await place(root) }),
  };
}

/** Docker's folder, where it is one of this machine: Docker Desktop's lies in its virtual machine. */
async function readDataRoot(report: Report, docker: DockerState): Promise<string | undefined> {
  if (process.platform !== "linux") return undefined;
  if (docker.state !== "answers") return "/var/lib/docker";
  const { code, stdout } = await attempt(report, "docker", ["info", "--format", "{{.DockerRootDir}}"]);
  return code === 0 && (await isPresent(stdout.trim())) ? stdout.trim() : undefined;
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
