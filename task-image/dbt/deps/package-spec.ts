import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { normalPath } from "../project/project-settings.ts";
import { hasSecret, plainUrl } from "./package-url.ts";
import { parseVersion, type Version } from "./version.ts";

interface Asked {
  /** Who asks for it: `packages.yml`, `dbt-labs/audit_helper 0.12.0`. */
  readonly by: string;
}

/** A package of the hub, such as `dbt-labs/dbt_utils`. */
export interface HubSpec extends Asked {
  readonly kind: "hub";
  readonly package: string;
  readonly versions: readonly Version[];
  readonly takesPrereleases: boolean;
}

/** A package in a git repository. */
export interface GitSpec extends Asked {
  readonly kind: "git";
  readonly git: string;
  /** Branch, tag or commit; the default branch where it is missing. */
  readonly revision?: string;
  readonly subdirectory?: string;
  readonly warnsUnpinned: boolean;
}

/** A package in an archive. */
export interface TarballSpec extends Asked {
  readonly kind: "tarball";
  readonly tarball: string;
  /** What the package is called, whatever its dbt_project.yml says. */
  readonly name: string;
}

/** A package in a folder of the project. */
export interface LocalSpec extends Asked {
  readonly kind: "local";
  /** Below the project that runs. */
  readonly local: string;
}

/** A package of dbt's platform, which only dbt's own service can fetch. */
export interface PrivateSpec extends Asked {
  readonly kind: "private";
  readonly private: string;
}

export type PackageSpec = HubSpec | GitSpec | TarballSpec | LocalSpec | PrivateSpec;

/** Who asks, and where the entry stands. */
export interface EntryPlace {
  readonly by: string;
  position(key?: string): Position;
}

/** The keys that say of which kind an entry is, in the order in which dbt tries them. */
const KINDS = ["local", "tarball", "git", "package", "private"] as const;
type Kind = (typeof KINDS)[number];

/** Keys that an entry of a kind may have; dbt refuses others. */
const KEYS: Readonly<Record<Kind, readonly string[]>> = {
  local: ["local", "name"],
  tarball: ["tarball", "name"],
  git: ["git", "revision", "warn-unpinned", "subdirectory", "name"],
  package: ["package", "version", "install_prerelease", "name"],
  private: ["private", "provider", "revision", "warn-unpinned", "subdirectory", "name"],
};

const READERS: Readonly<Record<Kind, (entry: Entry) => PackageSpec>> = {
  local: (entry) => ({ kind: "local", local: entry.text("local"), by: entry.by }),
  tarball: (entry) => ({ kind: "tarball", tarball: entry.url("tarball"), name: entry.name(), by: entry.by }),
  git: readGit,
  package: readHub,
  private: (entry) => ({ kind: "private", private: entry.text("private"), by: entry.by }),
};

/** One entry of `packages`. @throws {ProblemError} for one that dbt does not take either, with its place. */
export function readPackageSpec(data: Data, place: EntryPlace): PackageSpec {
  const entry = new Entry(data, place);
  const kind = KINDS.find((key) => entry.has(key));
  if (kind !== undefined) {
    entry.refuseOthers(kind, KEYS[kind]);
    return READERS[kind](entry);
  }
  return entry.fail(undefined, `a package has one of the keys package, git, tarball and local${entry.found(KINDS)}`);
}

function readGit(entry: Entry): GitSpec {
  const revision = entry.version("revision");
  const subdirectory = entry.optional("subdirectory");
  return {
    kind: "git",
    git: entry.url("git"),
    ...(revision === undefined ? {} : { revision }),
    ...(subdirectory === undefined ? {} : { subdirectory: normalPath(subdirectory) }),
    warnsUnpinned: entry.flag("warn-unpinned") !== false,
    by: entry.by,
  };
}

function readHub(entry: Entry): HubSpec {
  const name = entry.text("package");
  if (!/^[\w.-]+\/[\w.-]+$/.test(name) || /(?:^|\/)\.+(?:\/|$)/.test(name)) {
    entry.fail("package", `package: expected a name with its namespace, such as dbt-labs/dbt_utils, found '${name}'`);
  }
  const versions = entry
    .versions("version")
    .map((text) => parseVersion(text) ?? entry.fail("version", noVersion(text)));
  if (versions.length === 0) entry.fail("version", `${name}: version is missing: a package of the hub needs one`);
  return {
    kind: "hub",
    package: name,
    versions,
    takesPrereleases: entry.flag("install_prerelease") === true,
    by: entry.by,
  };
}

function noVersion(text: string): string {
  const advice = text.includes(",") ? "; write a list for several bounds: version: ['>=1.0.0', '<2.0.0']" : "";
  return `"${text}" is not a valid semantic version${advice}`;
}

/** An entry of a list of packages, as YAML has it. */
class Entry {
  readonly #data: DataMap;
  readonly #place: EntryPlace;

  constructor(data: Data, place: EntryPlace) {
    this.#place = place;
    this.#data = isMap(data) ? data : this.fail(undefined, "expected a package: keys such as package and version");
  }

  get by(): string {
    return this.#place.by;
  }

  has(key: string): boolean {
    return own(this.#data, key) !== undefined;
  }

  fail(key: string | undefined, message: string): never {
    throw new ProblemError(message, this.#place.position(key));
  }

  /** `, found 'gti'; did you mean 'git'?` */
  found(expected: readonly string[]): string {
    const keys = Object.keys(this.#data);
    const [first] = keys;
    if (first === undefined) return ", and this one has none";
    return `, and this one has ${keys.slice(0, 5).join(", ")}${nearest(first, expected)}`;
  }

  /** What dbt knows no meaning of is a slip of whoever wrote it. */
  refuseOthers(kind: Kind, keys: readonly string[]): void {
    const other = Object.keys(this.#data).find((key) => !keys.includes(key));
    if (other === undefined) return;
    this.fail(
      other,
      `a package by ${kind} has no key '${other}'${nearest(other, keys)}. It may have ${keys.join(", ")}`,
    );
  }

  text(key: string): string {
    const value = own(this.#data, key);
    if (typeof value === "string" && value !== "" && !hasSecret(value)) return value;
    if (typeof value === "string" && value !== "") {
      this.fail(key, `${key}: a secret of the environment may stand before the host of a URL, and nowhere else`);
    }
    return this.fail(key, `${key}: expected text, found ${value === null || value === "" ? "nothing" : String(value)}`);
  }

  /** A URL without credentials: they come from a Secret. */
  url(key: string): string {
    const value = own(this.#data, key);
    if (typeof value !== "string" || value === "") return this.text(key);
    const { url, hasPassword } = plainUrl(value);
    if (hasPassword) {
      this.fail(key, `${key}: a URL holds no password: name its host in transform.packages.credentials with a Secret`);
    }
    return hasSecret(url) ? this.text(key) : url;
  }

  optional(key: string): string | undefined {
    const value = own(this.#data, key);
    return value === undefined || value === null ? undefined : this.text(key);
  }

  /** The name of a project, which is the name of a folder as well. */
  name(): string {
    const name = this.optional("name") ?? this.fail(undefined, "a package by tarball needs name: what it is called");
    if (/^[^\d\W]\w*$/.test(name)) return name;
    return this.fail("name", `name: expected letters, digits and underscores, found '${name}'`);
  }

  flag(key: string): boolean | undefined {
    const value = own(this.#data, key) ?? undefined;
    if (value === undefined || typeof value === "boolean") return value;
    return this.fail(key, `${key}: expected true or false`);
  }

  version(key: string): string | undefined {
    const value = own(this.#data, key);
    return value === undefined || value === null ? undefined : this.#versionText(key, value);
  }

  versions(key: string): readonly string[] {
    const value = own(this.#data, key) ?? [];
    return (Array.isArray(value) ? value : [value])
      .filter((each: Data) => each !== "" && each !== null)
      .map((each: Data) => this.#versionText(key, each));
  }

  /** YAML makes a number of `1.0`; dbt writes it as Python does. */
  #versionText(key: string, value: Data): string {
    if (typeof value === "string") return value;
    if (typeof value === "bigint") return String(value);
    if (typeof value === "number") return Number.isInteger(value) ? `${value}.0` : String(value);
    return this.fail(key, `${key}: expected text, found ${value === null ? "nothing" : typeof value}`);
  }
}
