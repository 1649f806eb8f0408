import type { GitSpec, HubSpec, LocalSpec, PackageSpec, TarballSpec } from "./package-spec.ts";
import { formatVersion } from "./version.ts";

/** Why packages cannot be installed as they are asked for. */
export class PackageProblem extends Error {
  override readonly name = "PackageProblem";
}

/** What can be fetched. */
export type Fetchable = HubSpec | GitSpec | TarballSpec | LocalSpec;

/** A package with all that ask for it. */
export interface Listed {
  readonly spec: Fetchable;
  /** Who asks for what, in the order in which they were found: `packages.yml (>=1.0.0)`. */
  readonly askers: readonly string[];
  /** Revisions of git that are asked for. */
  readonly revisions: ReadonlySet<string>;
}

/** Packages by their names, each with all that ask for it: dbt's `PackageListing`. A repository has one name with `.git` and without. */
export class PackageListing {
  readonly #packages = new Map<string, Listed>();

  constructor(specs: readonly PackageSpec[] = []) {
    for (const spec of specs)
      this.add({ spec: fetchable(spec), askers: [askerOf(spec)], revisions: revisionsOf(spec) });
  }

  get size(): number {
    return this.#packages.size;
  }

  /** Adds a package to what is asked for of it already. @throws {PackageProblem} where it was asked for by another way. */
  add(listed: Listed): Listed {
    const key = this.#keyOf(listed.spec);
    const existing = this.#packages.get(key);
    const joined = existing === undefined ? listed : join(existing, listed);
    this.#packages.set(key, joined);
    return joined;
  }

  [Symbol.iterator](): IterableIterator<Listed> {
    return this.#packages.values();
  }

  #keyOf(spec: Fetchable): string {
    const names = namesOf(spec);
    return names.find((name) => this.#packages.has(name)) ?? (names[0] as string);
  }
}

/** What a package is called in messages and lists: the hub's name, a URL (with its folder), or a path. */
export function nameOfSpec(spec: Fetchable): string {
  return namesOf(spec)[0] as string;
}

function namesOf(spec: Fetchable): readonly string[] {
  if (spec.kind === "hub") return [spec.package];
  if (spec.kind === "tarball") return [spec.tarball];
  if (spec.kind === "local") return [spec.local];
  const { git, subdirectory } = spec;
  const other = git.endsWith(".git") ? git.slice(0, -".git".length) : `${git}.git`;
  return [git, other].map((url) => (subdirectory === undefined ? url : `${url}/${subdirectory}`));
}

function fetchable(spec: PackageSpec): Fetchable {
  if (spec.kind !== "private") return spec;
  throw new PackageProblem(
    `${spec.by} asks for the private package ${spec.private}, which dbt's own service alone can give. Name its repository by git, with credentials in transform.packages.credentials, or install it with \`dbt deps\` and put dbt_packages/ into the project`,
  );
}

function askerOf(spec: PackageSpec): string {
  if (spec.kind === "hub") return `${spec.by} (${spec.versions.map(formatVersion).join(", ")})`;
  return spec.kind === "git" ? `${spec.by} (${spec.revision ?? "HEAD"})` : spec.by;
}

function revisionsOf(spec: PackageSpec): ReadonlySet<string> {
  return new Set(spec.kind === "git" && spec.revision !== undefined ? [spec.revision] : []);
}

function join(one: Listed, other: Listed): Listed {
  const askers = [...new Set([...one.askers, ...other.askers])];
  const revisions = new Set([...one.revisions, ...other.revisions]);
  const [spec, added] = [one.spec, other.spec];
  if (spec.kind !== added.kind) {
    throw new PackageProblem(
      `package ${nameOfSpec(spec)} is asked for by ${spec.kind} and by ${added.kind}: ${listed(askers)}. Ask for it in one way`,
    );
  }
  if (spec.kind === "hub" && added.kind === "hub") {
    return { spec: { ...spec, versions: [...spec.versions, ...added.versions] }, askers, revisions };
  }
  if (spec.kind === "git" && added.kind === "git") {
    return { spec: { ...spec, warnsUnpinned: spec.warnsUnpinned && added.warnsUnpinned }, askers, revisions };
  }
  return { spec, askers, revisions };
}

/** `a, b and c`, for messages. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "nothing") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
