import {
  DEFAULT_HUB_URL,
  type InstalledPackage,
  type InstalledPackages,
  type Packages,
  tellable,
} from "#api/project-packages.ts";
import type { GitProject } from "#api/project-source.ts";
import { LOCK_FILE, packagesHash } from "../dbt/deps/lock-file.ts";
import {
  type AskedPackages,
  readAskedPackages,
  readLockedPackages,
  type TemplateFacts,
} from "../dbt/deps/package-files.ts";
import { PackageProblem } from "../dbt/deps/package-listing.ts";
import type { PackageSpec } from "../dbt/deps/package-spec.ts";
import { describePinned, nameOfPinned, type ResolvedPackage, resolvePackages } from "../dbt/deps/resolve.ts";
import { readRootSettings } from "../dbt/deps/root-settings.ts";
import { nameIn, type Vendored, vendoredPackages } from "../dbt/deps/vendored.ts";
import { parseVersion } from "../dbt/deps/version.ts";
import type { ProjectTree } from "../dbt/project/project-package.ts";
import { ConfigurationError } from "../errors.ts";
import { formatProblem, ProblemError } from "../jinja/problem.ts";
import type { Log } from "../log.ts";
import { SizeBound } from "../projects/size-bound.ts";
import type { Redactor } from "../redaction.ts";
import { type FetchedPackage, PackageFetcher } from "./fetch-packages.ts";
import { hostCredentials } from "./host-credentials.ts";
import { Hub } from "./hub.ts";
import { openWeb } from "./web.ts";

export interface InstallOptions extends TemplateFacts {
  readonly packages: Packages | undefined;
  /** The hub of the installation. */
  readonly hubUrl: string | undefined;
  /** The version of dbt that packages are to work with. */
  readonly dbtVersion: string;
  /** What the run has installed for the same project already: of what is asked for in the same words, nothing is chosen again. */
  readonly chosen: readonly InstalledPackages[];
  /** Learns what was chosen, before it is answered. */
  readonly onPackages: (packages: InstalledPackages) => void;
  readonly git: GitProject | undefined;
  readonly gitSecretDirectory: string;
  readonly packageSecretsDirectory: string;
  readonly workDirectory: string;
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly redactor: Redactor;
}

/**
 * The project with its packages below `dbt_packages`, as `dbt deps` would install them: those of packages.yml and dependencies.yml, and
 * those that they ask for. A project that asks for none, or has all of them already, is answered as it is, and nothing is asked of anybody.
 *
 * @throws {TaskFailure} where packages do not fit each other, are not there or cannot be reached, with what to do.
 */
export async function installPackages(tree: ProjectTree, options: InstallOptions): Promise<ProjectTree> {
  try {
    const asked = readAskedPackages(tree, { prefix: "", isRoot: true }, options);
    if (asked === undefined || asked.specs.length === 0) return tree;
    const { folder, checksVersion } = readRootSettings(tree, options);
    const vendored = vendoredPackages(tree, folder, asked.specs);
    if (asked.specs.every(vendored.has)) return tree;
    return await install(tree, { asked, folder, vendored, checksVersion }, options);
  } catch (error) {
    if (error instanceof ProblemError) throw new ConfigurationError("InvalidProject", formatProblem(error.problem));
    if (error instanceof PackageProblem) throw new ConfigurationError("PackageConflict", error.message);
    throw error;
  }
}

interface Wanted {
  readonly asked: AskedPackages;
  readonly folder: string;
  readonly vendored: Vendored;
  readonly checksVersion: boolean;
}

async function install(tree: ProjectTree, wanted: Wanted, options: InstallOptions): Promise<ProjectTree> {
  const { packages, hubUrl, log, signal, redactor, workDirectory, dbtVersion } = options;
  const dbt = wanted.checksVersion ? parseVersion(dbtVersion) : undefined;
  const asked = packagesHash(wanted.asked);
  const chosen = options.chosen.find((one) => one.asked === asked);
  const credentials = hostCredentials(options);
  await using web = openWeb({ signal, credentials });
  const hub = new Hub(packages?.hub?.url ?? hubUrl ?? DEFAULT_HUB_URL, { web, log });
  const fetcher = new PackageFetcher({
    tree,
    hub,
    web,
    credentials,
    templates: options,
    ...{ signal, log, redactor, workDirectory, chosen: chosen?.installed ?? [] },
  });
  const { specs, isTransitive } = specsToInstall(tree, wanted, options);
  const project = nameIn(tree, "");
  const isVendored = wanted.vendored.has;
  const resolved = await resolvePackages([...specs, ...chosenSpecs(chosen)], fetcher, {
    ...{ dbt, project, isTransitive, isVendored },
  });
  const installed = await fetchAll(resolved, fetcher, log);
  if (chosen === undefined) tell(asked, installed, options);
  return withFiles(tree, installed, wanted.folder);
}

/** Exact versions of the hub's packages that the run has. */
function chosenSpecs(chosen: InstalledPackages | undefined): readonly PackageSpec[] {
  return (chosen?.installed ?? []).flatMap(({ name, version }): PackageSpec[] => {
    const exact = parseVersion(version ?? "");
    if (exact === undefined) return [];
    return [{ kind: "hub", package: name, versions: [exact], takesPrereleases: false, by: "the run's first attempt" }];
  });
}

function tell(asked: string, installed: readonly Installed[], { onPackages, log }: InstallOptions): void {
  const known = installed.flatMap(({ pinned, found }): InstalledPackage[] => {
    const name = nameOfPinned(pinned);
    if (pinned.kind === "hub") return [{ name, version: pinned.version }];
    return found === undefined ? [] : [{ name, revision: found }];
  });
  const kept = tellable(asked, known);
  const left = known.slice(kept?.installed.length ?? 0).map(({ name }) => name);
  if (left.length > 0)
    log.warn("versions of packages have no room in the run's status: the next attempt chooses them anew", { left });
  if (kept !== undefined) onPackages(kept);
}

/** What is asked for, and what the packages ask for that are there already; or what package-lock.yml names, where it fits. */
function specsToInstall(tree: ProjectTree, { asked, vendored }: Wanted, options: InstallOptions) {
  const text = tree.get(LOCK_FILE);
  const locked = text === undefined ? undefined : readLockedPackages(LOCK_FILE, text, options);
  if (locked !== undefined && locked.hash === packagesHash(asked)) return { specs: locked.specs, isTransitive: false };
  if (locked !== undefined) {
    options.log.warn(
      `${LOCK_FILE} does not fit ${asked.file}: versions are chosen anew. Run \`dbt deps\` and commit ${LOCK_FILE}`,
    );
  }
  const theirs = vendored.folders.flatMap((prefix) => {
    const by = prefix.slice(0, -1);
    return readAskedPackages(tree, { prefix, by, isRoot: false }, options)?.specs ?? [];
  });
  return { specs: [...asked.specs, ...theirs] as readonly PackageSpec[], isTransitive: true };
}

type Installed = ResolvedPackage & FetchedPackage;

async function fetchAll(
  resolved: readonly ResolvedPackage[],
  fetcher: PackageFetcher,
  log: Log,
): Promise<readonly Installed[]> {
  return await allOf(
    resolved.map(async (one) => {
      const fetched = await fetcher.fetch(one.pinned);
      log.info("package installed", { package: one.name, from: describePinned(one.pinned), at: fetched.found });
      return { ...one, ...fetched };
    }),
  );
}

function withFiles(tree: ProjectTree, installed: readonly Installed[], folder: string): ProjectTree {
  const bound = new SizeBound("all packages together");
  const files = new Map(tree);
  for (const { name, files: own } of installed) {
    for (const [path, text] of own) {
      bound.add(`${name}/${path}`, text.length);
      files.set(`${folder}/${name}/${path}`, text);
    }
  }
  return files;
}

/** The values of all; the first failure in their order where there is one, so that the same mistake has the same message. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  const settled = await Promise.allSettled(promises);
  const failed = settled.find((each) => each.status === "rejected");
  if (failed !== undefined) throw failed.reason;
  return settled.flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
}
