import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { parseAllDocuments } from "yaml";
import { findTool } from "./tool.ts";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
/** Built from source, Helm takes the cluster for an ancient one unless it is told. */
const KUBE_VERSION = "1.34.0";

/** Any object of the Kubernetes API, as YAML gives it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  // biome-ignore lint/suspicious/noExplicitAny: manifests of every kind, whose fields the assertions spell out
  readonly [field: string]: any;
}

export interface CommandResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs helm without a cluster. */
export function helm(...args: readonly string[]): CommandResult {
  return run("helm", args);
}

/** Renders the chart as release `kelt` in `kelt-system`; `args` are more arguments, such as --set. */
export function helmTemplate(...args: readonly string[]): CommandResult {
  return helm("template", "kelt", `${ROOT}helm`, "--namespace=kelt-system", `--kube-version=${KUBE_VERSION}`, ...args);
}

const rendered = new Map<string, readonly Manifest[]>();

/** The objects that the chart renders to; rendered once for the same arguments. */
export function renderChart(...args: readonly string[]): readonly Manifest[] {
  const key = args.join("\n");
  const objects = rendered.get(key) ?? manifests(helmTemplate(...args));
  rendered.set(key, objects);
  return objects;
}

/** The objects of a folder's kustomization. */
export function renderKustomization(folder: string): readonly Manifest[] {
  return manifests(run("kubectl", ["kustomize", `${ROOT}${folder}`]));
}

/** The one object of a kind (and name); fails where there is none or more than one. */
export function only(objects: readonly Manifest[], kind: string, name?: string): Manifest {
  const found = objects.filter(
    (object) => object.kind === kind && (name === undefined || object.metadata.name === name),
  );
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  throw new Error(`expected one ${kind} ${name ?? ""}, found ${found.length}`);
}

function manifests({ status, stdout, stderr }: CommandResult): readonly Manifest[] {
  if (status !== 0) throw new Error(stderr);
  return parseAllDocuments(stdout)
    .map((document) => document.toJS() as Manifest | null)
    .filter((object) => object !== null);
}

function run(tool: string, args: readonly string[]): CommandResult {
  const { status, stdout, stderr, error } = spawnSync(findTool(tool), args, {
    encoding: "utf8",
    maxBuffer: 16 * 1024 * 1024,
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return { status: status ?? -1, stdout, stderr };
}
