import type { Exposure, Manifest, ManifestNode, SourceDefinition, UnitTest, Version } from "../manifest/node.ts";
import { compareVersions } from "../manifest/versions.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { type Criterion, type Method, type Selection, SelectionError } from "./criterion.ts";
import { matchesGlob, matchesPath } from "./glob.ts";
import { hasName } from "./qualified-name.ts";
import { findByState, type PreviousManifest } from "./state.ts";

/** What selections are answered from. */
export interface SelectionFacts {
  readonly manifest: Manifest;
  /**
   * A selector of selectors.yml by its name.
   *
   * @throws {SelectionError} where there is none.
   */
  readonly selectors: (name: string) => Selection;
  /** The manifest of an earlier run, for `state:`. */
  readonly previous?: PreviousManifest;
  /** How every node of an earlier run ended, by unique id, for `result:`. */
  readonly results?: ReadonlyMap<string, string>;
}

type Item = ManifestNode | SourceDefinition | Exposure | UnitTest;
type Finder = (criterion: Criterion, facts: SelectionFacts) => Iterable<string>;

/** How each method finds unique ids. A named selector is a selection of its own, see select.ts. */
const FINDERS: Readonly<Record<Exclude<Method, "selector">, Finder>> = {
  fqn: ({ value }, { manifest }) =>
    ids([...manifest.nodes.values(), ...manifest.exposures.values(), ...manifest.unitTests.values()], (item) =>
      hasName(item, value),
    ),
  tag: ({ value }, { manifest }) =>
    ids(itemsOf(manifest), (item) => tagsOf(item).some((tag) => matchesGlob(tag, value))),
  group: ({ value }, { manifest }) =>
    ids(manifest.nodes.values(), ({ group }) => group !== null && matchesGlob(group, value)),
  access: ({ value }, { manifest }) =>
    ids(manifest.nodes.values(), (node) => node.resource_type === "model" && node.access === value),
  source: ({ value }, { manifest }) => findSources(value, manifest),
  path: ({ value }, { manifest }) =>
    ids(itemsOf(manifest), (item) => pathsOf(item).some((path) => matchesPath(path, value))),
  file: ({ value }, { manifest }) =>
    ids(itemsOf(manifest), ({ original_file_path: path }) => {
      const name = path.replace(/^.*\//, "");
      return matchesGlob(name, value) || matchesGlob(name.replace(/\.[^.]*$/, ""), value);
    }),
  package: ({ value }, { manifest }) => {
    const wanted = value === "this" ? manifest.projectName : value;
    return ids(itemsOf(manifest), (item) => matchesGlob(item.package_name, wanted));
  },
  config: (criterion, { manifest }) => {
    const items = [...manifest.nodes.values(), ...manifest.sources.values(), ...manifest.unitTests.values()];
    return ids(items, ({ config }) => hasConfig(config, criterion));
  },
  test_name: ({ value }, { manifest }) => [
    ...ids(
      manifest.nodes.values(),
      (node) => "test_metadata" in node && matchesGlob(node.test_metadata?.name ?? "", value),
    ),
    ...ids(manifest.unitTests.values(), ({ name }) => matchesGlob(name, value)),
  ],
  test_type: findTests,
  resource_type: ({ value }, { manifest }) => {
    const kind = RESOURCE_TYPES.get(value);
    if (kind === undefined) return unknown("resource_type", value, [...RESOURCE_TYPES.keys()]);
    return ids(itemsOf(manifest), (item) => item.resource_type === kind);
  },
  exposure: ({ value }, { manifest }) => ids(manifest.exposures.values(), (item) => hasPackageAndName(item, value)),
  unit_test: ({ value }, { manifest }) => ids(manifest.unitTests.values(), (item) => hasPackageAndName(item, value)),
  version: ({ value }, { manifest }) => findVersions(value, manifest),
  state: (criterion, { manifest, previous }) => {
    if (previous === undefined)
      throw new SelectionError(
        `'state:${criterion.value}': there is no earlier run to compare with: name a bucket for artifacts`,
      );
    return findByState(criterion.value, manifest, previous);
  },
  result: ({ value }, { manifest, results }) => {
    if (results === undefined)
      throw new SelectionError(`'result:${value}': there is no earlier run to look at: name a bucket for artifacts`);
    return ids(itemsOf(manifest), (item) => results.get(item.unique_id) === value);
  },
  source_status: ({ value }) => {
    throw new SelectionError(`'source_status:${value}' is not supported: select the sources by name`);
  },
};

const RESOURCE_TYPES = new Map(
  ["model", "seed", "snapshot", "test", "analysis", "operation", "unit_test", "source", "exposure"].map((each) => [
    each,
    each,
  ]),
);

/** @throws {SelectionError} for a value that the method does not know. */
export function findByMethod(criterion: Criterion, facts: SelectionFacts): Iterable<string> {
  return criterion.method === "selector" ? [] : FINDERS[criterion.method](criterion, facts);
}

function ids<T extends { readonly unique_id: string }>(items: Iterable<T>, isWanted: (item: T) => boolean): string[] {
  return [...items].filter(isWanted).map(({ unique_id }) => unique_id);
}

function itemsOf({ nodes, sources, exposures, unitTests }: Manifest): Item[] {
  return [...nodes.values(), ...sources.values(), ...exposures.values(), ...unitTests.values()];
}

function tagsOf(item: Item): readonly string[] {
  if (item.resource_type !== "unit_test") return item.tags;
  const tags = own(item.config, "tags");
  return Array.isArray(tags) ? tags.map(String) : [];
}

/** A node is found by its own file and by the file that describes it. */
function pathsOf(item: Item): string[] {
  const patch = "patch_path" in item ? (item.patch_path?.split("://")[1] ?? []) : [];
  return [item.original_file_path, patch].flat();
}

function findSources(value: string, { sources }: Manifest): string[] {
  const parts = value.split(".");
  const [table, source, owner] = parts.length === 1 ? ["*", ...parts] : parts.length <= 3 ? [...parts].reverse() : [];
  if (source === undefined || table === undefined) {
    throw new SelectionError(`'source:${value}': expected source, source.table or package.source.table`);
  }
  return ids(
    sources.values(),
    (item) =>
      matchesGlob(item.source_name, source) &&
      matchesGlob(item.name, table) &&
      matchesGlob(item.package_name, owner ?? "*"),
  );
}

function hasPackageAndName(item: Exposure | UnitTest, value: string): boolean {
  const [name = "", owner = "*", ...more] = value.split(".").reverse();
  if (more.length > 0) throw new SelectionError(`'${value}': expected a name, or a package, a dot and a name`);
  return matchesGlob(item.name, name) && matchesGlob(item.package_name, owner);
}

/** `config.meta.owner:me` walks down the config; true and false are written as text. Severities have no case. */
function hasConfig(config: DataMap, { arguments: path, value }: Criterion): boolean {
  let found: Data | undefined = config;
  for (const part of path) found = isMap(found) ? own(found, part) : undefined;
  if (found === undefined) return false;
  const isWanted = (item: Data) =>
    typeof item === "boolean"
      ? String(item) === value.toLowerCase()
      : item !== null && sameText(String(item), value, path.length === 1 && path[0] === "severity");
  if (Array.isArray(found)) return found.some(isWanted);
  return !isMap(found) && isWanted(found);
}

function sameText(left: string, right: string, ignoresCase: boolean): boolean {
  return ignoresCase ? left.toLowerCase() === right.toLowerCase() : left === right;
}

function findTests({ value }: Criterion, { manifest }: SelectionFacts): string[] {
  const isGeneric = (node: ManifestNode) => node.resource_type === "test" && node.test_metadata !== undefined;
  const isSingular = (node: ManifestNode) => node.resource_type === "test" && node.test_metadata === undefined;
  if (value === "unit") return [...manifest.unitTests.keys()];
  if (value === "generic" || value === "schema") return ids(manifest.nodes.values(), isGeneric);
  if (value === "singular") return ids(manifest.nodes.values(), isSingular);
  if (value === "data") return ids(manifest.nodes.values(), (node) => node.resource_type === "test");
  return unknown("test_type", value, ["generic", "singular", "unit", "data"]);
}

function findVersions(value: string, { nodes }: Manifest): string[] {
  const kinds: Readonly<Record<string, (version: Version, latest: Version) => boolean>> = {
    latest: (version, latest) => compareVersions(version, latest) === 0,
    prerelease: (version, latest) => compareVersions(version, latest) > 0,
    old: (version, latest) => compareVersions(version, latest) < 0,
  };
  const isWanted = kinds[value];
  if (isWanted === undefined && value !== "none")
    return unknown("version", value, ["latest", "prerelease", "old", "none"]);
  return ids(nodes.values(), (node) => {
    if (node.resource_type !== "model") return false;
    if (isWanted === undefined) return node.version === null;
    return node.version !== null && node.latest_version !== null && isWanted(node.version, node.latest_version);
  });
}

function unknown(method: Method, value: string, known: readonly string[]): never {
  throw new SelectionError(`'${method}:${value}': expected one of ${known.join(", ")}`);
}
