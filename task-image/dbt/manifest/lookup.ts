import type { RefArgs, Version } from "./node.ts";
import { compareVersions } from "./versions.ts";

/** What can be referred to, or could if it was enabled. */
export interface Referable {
  readonly id: string;
  readonly name: string;
  readonly packageName: string;
  readonly version: Version | null;
  readonly latestVersion: Version | null;
  readonly isEnabled: boolean;
}

/** Finds what ref() and source() mean. */
export class Lookup {
  readonly #byName = new Map<string, Referable[]>();
  readonly #rootPackage: string;

  constructor(rootPackage: string, all: Iterable<Referable>) {
    this.#rootPackage = rootPackage;
    for (const each of all) this.#byName.set(each.name, [...(this.#byName.get(each.name) ?? []), each]);
  }

  /**
   * The root project's, then the package's own, then that of any package. A name without a version means the latest one. What is
   * disabled is found where nothing else is.
   */
  find({ name, package: wanted, version }: RefArgs, ofPackage: string): Referable | undefined {
    const named = (this.#byName.get(name) ?? []).filter((each) => hasVersion(each, version));
    const places = wanted === null ? [this.#rootPackage, ofPackage, undefined] : [wanted];
    for (const isEnabled of [true, false]) {
      for (const place of places) {
        const found = named.find(
          (each) => each.isEnabled === isEnabled && (place === undefined || each.packageName === place),
        );
        if (found !== undefined) return found;
      }
    }
    return undefined;
  }

  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** The versions that a name has. */
  versions(name: string): Version[] {
    return (this.#byName.get(name) ?? []).flatMap(({ version }) => (version === null ? [] : [version]));
  }
}

function hasVersion({ version, latestVersion }: Referable, wanted: Version | null): boolean {
  if (version === null) return wanted === null;
  const meant = wanted ?? latestVersion;
  return meant !== null && compareVersions(version, meant) === 0;
}
