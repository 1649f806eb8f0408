import { mkdir, readdir, rename } from "node:fs/promises";
import { totalmem } from "node:os";
import { basename, join } from "node:path";
import { linkAtomically, withScratch } from "../atomic.ts";
import { run } from "../command.ts";
import { hashOf, hashOfFiles } from "../content-hash.ts";
import { CACHE, TOOLS } from "../directories.ts";
import type { Report } from "../report.ts";
import { HELM_VERSION, KUBERNETES_VERSION } from "../versions.ts";

/** The Go module that pins every program built here; one build of all of them compiles what they share once. */
const MODULE = new URL("go", import.meta.url).pathname;

/** The packages of {@link MODULE}, by the name of their program. */
const PACKAGES = {
  kind: "sigs.k8s.io/kind",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  helm: "helm.sh/helm/v3/cmd/helm",
  kubeadm: "k8s.io/kubernetes/cmd/kubeadm",
  kubelet: "k8s.io/kubernetes/cmd/kubelet",
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  "kube-controller-manager": "k8s.io/kubernetes/cmd/kube-controller-manager",
  "kube-scheduler": "k8s.io/kubernetes/cmd/kube-scheduler",
  "kube-proxy": "k8s.io/kubernetes/cmd/kube-proxy",
  etcd: "go.etcd.io/etcd/server/v3",
  coredns: "./coredns",
  pause: "./pause",
} as const;
export type Program = keyof typeof PACKAGES;
export const PROGRAMS = Object.keys(PACKAGES) as Program[];

/** With room for it the compiler collects its garbage less often, which saves a tenth of the time. */
const MEMORY_FOR_SPEED = 8 * 2 ** 30;

/** The folder of the cache that holds the programs of this version of the module. */
export async function toolsDirectory(): Promise<string> {
  return join(CACHE, `tools-${hashOf(await hashOfFiles([MODULE]), linkerFlags())}`);
}

/** Which of the programs still have to be built. */
export async function missingPrograms(programs: readonly Program[]): Promise<Program[]> {
  const built: string[] = await readdir(await toolsDirectory()).catch(() => []);
  return programs.filter((program) => !built.includes(program));
}

/** Builds what is missing of the programs and returns the folder that holds them. */
export async function buildPrograms(report: Report, programs: readonly Program[]): Promise<string> {
  const directory = await toolsDirectory();
  const missing = await missingPrograms(programs);
  if (missing.length > 0) {
    const packages = missing.map((program) => PACKAGES[program]);
    const total = await countPackages(report, packages);
    await mkdir(directory, { recursive: true });
    await withScratch(async (scratch) => {
      await compile(report, packages, total, scratch);
      for (const program of missing) await rename(join(scratch, programFile(program)), join(directory, program));
    });
  }
  await linkAtomically(TOOLS, basename(directory));
  return directory;
}

/** The folder of a module's source, which `go` has downloaded. */
export function moduleSource(report: Report, module: string): Promise<string> {
  return run(report, "go", ["list", "-m", "-f", "{{.Dir}}", module], { cwd: MODULE, env: environment() });
}

async function countPackages(report: Report, packages: readonly string[]): Promise<number> {
  let downloaded = 0;
  const onLine = (line: string) => {
    if (line.startsWith("go: downloading")) report.progress(`${++downloaded} modules downloaded`);
  };
  const options = { cwd: MODULE, env: environment(), quiet: true, onLine };
  return (await run(report, "go", ["list", "-deps", ...packages], options)).split("\n").length;
}

async function compile(report: Report, packages: readonly string[], total: number, output: string): Promise<void> {
  let compiled = 0;
  const onLine = () =>
    report.progress(`${(++compiled).toLocaleString("en")} of ${total.toLocaleString("en")} packages`);
  const args = ["build", "-v", "-trimpath", "-ldflags", linkerFlags(), "-o", `${output}/`, ...packages];
  await run(report, "go", args, { cwd: MODULE, env: environment(), onLine });
}

/** What the projects' own builds write into their programs: kubeadm compares the versions of its components. */
function linkerFlags(): string {
  const [major, minor] = KUBERNETES_VERSION.split(".");
  const kubernetes = { gitVersion: `v${KUBERNETES_VERSION}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const values = Object.entries(kubernetes).map(([name, value]) => `k8s.io/component-base/version.${name}=${value}`);
  values.push(`helm.sh/helm/v3/internal/version.version=v${HELM_VERSION}`);
  return ["-s", "-w", ...values.map((value) => `-X ${value}`)].join(" ");
}

/** `go build` names a program after the last element of its path that is no major version. */
function programFile(program: Program): string {
  return basename(PACKAGES[program].replace(/\/v\d+$/, ""));
}

function environment(): Record<string, string> {
  return {
    CGO_ENABLED: "0",
    GOFLAGS: "-mod=readonly -buildvcs=false",
    GOWORK: "off",
    ...(totalmem() >= MEMORY_FOR_SPEED ? { GOGC: "400" } : {}),
  };
}
