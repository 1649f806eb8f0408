import { type Listed, listed, PackageProblem } from "./package-listing.ts";
import type { HubSpec, PackageSpec } from "./package-spec.ts";
import { compareVersions, formatVersion, parseVersion, type Version } from "./version.ts";
import { areCompatible, formatRange, greatestIn, reduceVersions } from "./version-range.ts";

/** A version of a package, as the hub has it. */
export interface HubVersion {
  /** What its dbt_project.yml calls it. */
  readonly name: string;
  readonly packages: readonly PackageSpec[];
  /** `require-dbt-version`: bounds of dbt's version; none for any. */
  readonly requires: readonly string[];
  readonly tarball: string;
  readonly sha1?: string;
}

/** The versions of a package, as the hub writes them. */
export type HubVersions = ReadonlyMap<string, HubVersion>;

/** Versions that a message lists. */
const LISTED_MAX = 12;

/**
 * The version of a hub's package that is installed: the greatest that fits all who ask for it and dbt's own version. Prereleases count
 * where somebody asks for them or for one of them.
 *
 * @throws {PackageProblem} with who asks for what.
 */
export function chooseVersion(
  asked: Listed & { readonly spec: HubSpec },
  versions: HubVersions,
  dbt: Version | undefined,
): string {
  const { spec, askers } = asked;
  const range = reduceVersions(spec.versions);
  if (range === undefined) {
    const options = spec.versions.map((version) => `'${formatVersion(version)}'`).join(", ");
    throw new PackageProblem(
      `Version error for package ${spec.package}: could not find a satisfactory version from options: [${options}]. It is asked for by ${listed(askers)}: change one of them, or install them with \`dbt deps\` and put dbt_packages/ into the project`,
    );
  }
  const takesPrereleases = spec.takesPrereleases || spec.versions.some(({ prerelease }) => prerelease !== undefined);
  const known = [...versions].flatMap(([text, { requires }]) => {
    const version = parseVersion(text);
    return version === undefined ? [] : [{ version, text, fits: fitsDbt(requires, dbt) }];
  });
  const released = known.filter(({ version }) => takesPrereleases || version.prerelease === undefined);
  const installable = released
    .filter(({ fits }) => fits)
    .sort((one, other) => compareVersions(one.version, other.version));
  const found = greatestIn(
    range,
    installable.map(({ version, text }) => [version, text] as const),
  );
  if (found !== undefined) return found;
  const others = released.filter(({ fits }) => !fits).map(({ version, text }) => [version, text] as const);
  const unfit = greatestIn(range, others);
  const shown = installable.map(({ text }) => text).slice(-LISTED_MAX);
  const rest = installable.length > shown.length ? `${installable.length - shown.length} more and ` : "";
  const because = unfit === undefined ? "" : `; version ${unfit} needs dbt ${versions.get(unfit)?.requires.join(", ")}`;
  throw new PackageProblem(
    `Could not find a matching compatible version for package ${spec.package}: requested range ${formatRange(range)}, by ${listed(askers)}; ${dbt === undefined ? "on the hub" : `compatible with dbt ${formatVersion(dbt).slice(1)}`}: ${shown.length === 0 ? "none" : `${rest}${shown.join(", ")}`}${because}. Correct the version`,
  );
}

/** Whether dbt's version is one that a package works with. What is no version says nothing. */
function fitsDbt(requires: readonly string[], dbt: Version | undefined): boolean {
  if (dbt === undefined) return true;
  const bounds = requires.flatMap((text) => text.split(",")).flatMap((text) => parseVersion(text.trim()) ?? []);
  return areCompatible([dbt, ...bounds]);
}
