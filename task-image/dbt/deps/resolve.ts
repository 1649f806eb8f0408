import { chooseVersion, type HubVersions } from "./hub-version.ts";
import { PACKAGES_MAX } from "./package-files.ts";
import { type Listed, listed, nameOfSpec, PackageListing, PackageProblem } from "./package-listing.ts";
import type { GitSpec, HubSpec, LocalSpec, PackageSpec, TarballSpec } from "./package-spec.ts";
import type { Version } from "./version.ts";

/** A package as it is installed. */
export type Pinned =
  | { readonly kind: "hub"; readonly package: string; readonly version: string }
  | ({ readonly kind: "git" } & Omit<GitSpec, "by">)
  | ({ readonly kind: "tarball" } & Omit<TarballSpec, "by">)
  | ({ readonly kind: "local" } & Omit<LocalSpec, "by">);

/** What a package says of itself. */
export interface Metadata {
  /** The name of its project, which is its folder's below `dbt_packages`. */
  readonly name: string;
  readonly packages: readonly PackageSpec[];
}

/** Where packages come from. Each question is asked as often as it comes up: whoever answers remembers. */
export interface PackageSource {
  versions(name: string): Promise<HubVersions>;
  /** Fetches a package that is not the hub's, and answers what it says of itself. */
  metadata(pinned: Exclude<Pinned, { readonly kind: "hub" }>): Promise<Metadata>;
}

export interface ResolvedPackage {
  readonly pinned: Pinned;
  readonly name: string;
}

export interface ResolveOptions {
  /** The version of dbt that packages are to work with; any where it is missing. */
  readonly dbt: Version | undefined;
  /** Name of the project that runs. */
  readonly project: string;
  /** Whether what the packages need is installed too; a list that is locked has it already. */
  readonly isTransitive: boolean;
  /** What lies in `dbt_packages` already. */
  readonly isVendored: (spec: PackageSpec) => boolean;
}

/**
 * Which packages are installed at which versions: those that are asked for, and those that they ask for, in dbt's way (`resolve_packages`
 * of its `deps/resolver.py`). A version is chosen when a package is met first, and again when all who ask for it are known; what an
 * earlier choice asked for stays.
 *
 * @throws {PackageProblem} where no version fits, or two packages have one name.
 */
export async function resolvePackages(
  packages: readonly PackageSpec[],
  source: PackageSource,
  options: ResolveOptions,
): Promise<readonly ResolvedPackage[]> {
  const final = new PackageListing();
  const seen = new Set<string>();
  const wanted = (specs: readonly PackageSpec[]) =>
    new PackageListing(specs.filter((spec) => !options.isVendored(spec)));
  for (let pending = wanted(packages); pending.size > 0; ) {
    askAhead(pending, source);
    const next: PackageSpec[] = [];
    for (const each of pending) {
      const joined = final.add(each);
      if (final.size > PACKAGES_MAX) throw new PackageProblem(`more than ${PACKAGES_MAX} packages are asked for`);
      const pinned = await pin(joined, source, options.dbt);
      const key = JSON.stringify(pinned);
      if (!seen.has(key) && options.isTransitive) next.push(...(await metadataOf(pinned, source)).packages);
      seen.add(key);
    }
    pending = wanted(next);
  }
  const resolved: ResolvedPackage[] = [];
  for (const each of final) {
    const pinned = await pin(each, source, options.dbt);
    resolved.push({ pinned, name: (await metadataOf(pinned, source)).name });
  }
  refuseTwins(resolved, options.project);
  return resolved;
}

/** The hub is asked for all of them at once; an error is that of whoever asks next. */
function askAhead(pending: PackageListing, source: PackageSource): void {
  for (const { spec } of pending) if (spec.kind === "hub") source.versions(spec.package).catch(() => undefined);
}

async function pin(asked: Listed, source: PackageSource, dbt: Version | undefined): Promise<Pinned> {
  const { spec, askers, revisions } = asked;
  if (spec.kind === "hub") {
    const hub: Listed & { readonly spec: HubSpec } = { ...asked, spec };
    const version = chooseVersion(hub, await source.versions(spec.package), dbt);
    return { kind: "hub", package: spec.package, version };
  }
  if (spec.kind === "git" && revisions.size > 1) {
    throw new PackageProblem(
      `package ${nameOfSpec(spec)} is asked for at several revisions, by ${listed(askers)}: git dependencies should contain exactly one version`,
    );
  }
  const { by: _, ...pinned } = spec;
  const [revision] = revisions;
  return pinned.kind === "git" && revision !== undefined ? { ...pinned, revision } : pinned;
}

async function metadataOf(pinned: Pinned, source: PackageSource): Promise<Metadata> {
  if (pinned.kind !== "hub") return await source.metadata(pinned);
  const version = (await source.versions(pinned.package)).get(pinned.version);
  if (version === undefined) throw new Error(`${pinned.package} has no version ${pinned.version}`);
  return version;
}

function refuseTwins(resolved: readonly ResolvedPackage[], project: string): void {
  const seen = new Map<string, string>([[project, "the project itself"]]);
  for (const { name, pinned } of resolved) {
    const where = describePinned(pinned);
    const other = seen.get(name);
    if (other !== undefined) {
      throw new PackageProblem(
        `Found duplicate project "${name}": ${other} and ${where} are both called so, and names of packages are unique in a project. Ask for one of them`,
      );
    }
    seen.set(name, where);
  }
}

/** What a package is called where its version is told: an archive by its name, because its URL may have words for nobody else. */
export function nameOfPinned(pinned: Pinned): string {
  if (pinned.kind === "hub") return pinned.package;
  return pinned.kind === "tarball" ? pinned.name : nameOfSpec({ ...pinned, by: "" });
}

/** `dbt-labs/dbt_utils 1.1.1`, a URL with its revision, or a path. */
export function describePinned(pinned: Pinned): string {
  if (pinned.kind === "hub") return `${pinned.package} ${pinned.version}`;
  const name = nameOfSpec({ ...pinned, by: "" });
  return pinned.kind === "git" && pinned.revision !== undefined ? `${name} at ${pinned.revision}` : name;
}
