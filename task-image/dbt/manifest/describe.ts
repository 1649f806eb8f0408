import { formatPosition } from "../../jinja/position.ts";
import { collectProblem, type Problem, ProblemError } from "../../jinja/problem.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import type { DataPath } from "../project/yaml-document.ts";
import { constraintsOf, type DescribedColumn, mapOf, readColumns, textOrNull } from "./columns.ts";
import type { Draft, DraftType } from "./draft.ts";
import type { Version } from "./node.ts";
import { entriesOf, type Properties, type Section, textOf } from "./properties.ts";
import { compareVersions } from "./versions.ts";

/** What a properties file says of one node: of one version of it, where there are several. */
export interface Description {
  readonly properties: Properties;
  readonly draft: Draft;
  readonly columns: readonly DescribedColumn[];
  /** Tests of the whole node, and where they stand. */
  readonly tests: readonly Data[];
  readonly testsPath: DataPath;
  readonly version: Version | null;
}

const TYPES: Readonly<Partial<Record<Section, DraftType>>> = {
  models: "model",
  seeds: "seed",
  snapshots: "snapshot",
  analyses: "analysis",
  data_tests: "test",
};

/** Nodes by type, package and the name of their file. */
export class DraftIndex {
  readonly #drafts = new Map<string, Draft[]>();

  constructor(drafts: Iterable<Draft>) {
    for (const draft of drafts) this.#add(`${draft.type}.${draft.fields.name}`, draft);
  }

  /** Of the package if it has one, else of any. Of several in one package only one is enabled. */
  find(type: DraftType, packageName: string, name: string): Draft | undefined {
    const found = this.#drafts.get(`${type}.${name}`) ?? [];
    const enabled = found.filter(({ isEnabled }) => isEnabled);
    const isOwn = ({ fields }: Draft) => fields.package_name === packageName;
    return enabled.find(isOwn) ?? found.find(isOwn) ?? enabled[0] ?? found[0];
  }

  findIn(type: DraftType, packageName: string, name: string): Draft | undefined {
    const found = this.find(type, packageName, name);
    return found?.fields.package_name === packageName ? found : undefined;
  }

  #add(key: string, draft: Draft): void {
    this.#drafts.set(key, [...(this.#drafts.get(key) ?? []), draft]);
  }
}

/**
 * Gives nodes what properties files say of them, and versions their names. What describes a node that is not there is left alone, as
 * in dbt.
 */
export function describeDrafts(all: readonly Properties[], index: DraftIndex, problems: Problem[]): Description[] {
  return all.flatMap((properties) => {
    const type = TYPES[properties.section];
    if (type === undefined) return [];
    return collectProblem(problems, () => describe(properties, type, index)) ?? [];
  });
}

function describe(properties: Properties, type: DraftType, index: DraftIndex): Description[] {
  const { data, name, owner } = properties;
  const versions = type === "model" ? entriesOf(properties, data, [], "versions") : [];
  if (versions.length > 0) return describeVersions(properties, versions, index);
  const draft = index.find(type, owner.settings.name, name);
  const [key, tests] = testsOf(properties, data, []);
  const described = { properties, columns: readColumns(properties, data), tests, testsPath: [key], version: null };
  if (draft === undefined) {
    // Under the wrong heading a node gets its tests, and nothing else that is said of it.
    const other = REFERABLE.includes(type) ? referable(index, owner.settings.name, name) : undefined;
    return other === undefined ? [] : [{ ...described, draft: other }];
  }
  const config = mapOf(data, "config");
  const { columns } = described;
  patch(draft, properties, { description: textOf(data, "description", ""), columns, config, data });
  draft.unrenderedPropertiesConfig = unrenderedOf(properties);
  return [{ ...described, draft }];
}

const REFERABLE: readonly DraftType[] = ["model", "seed", "snapshot"];

function referable(index: DraftIndex, packageName: string, name: string): Draft | undefined {
  const found = REFERABLE.flatMap((type) => index.find(type, packageName, name) ?? []);
  return found.find(({ isEnabled }) => isEnabled);
}

interface Patch {
  readonly description: string;
  readonly columns: readonly DescribedColumn[];
  readonly config: DataMap;
  /** Where constraints and dates are. */
  readonly data: DataMap;
}

function patch(draft: Draft, properties: Properties, { description, columns, config, data }: Patch): void {
  const before = draft.properties;
  if (before !== undefined) {
    throw new ProblemError(
      `'${properties.name}' is described in ${formatPosition(before.position())} already: put both into one entry`,
      properties.position(),
    );
  }
  draft.properties = properties;
  draft.propertiesConfig = config;
  draft.fields.description = description;
  draft.fields.patch_path = `${properties.owner.settings.name}://${properties.file.originalPath}`;
  draft.fields.columns = Object.fromEntries(columns.map(({ info }) => [info.name, info]));
  if (draft.type !== "model") return;
  draft.extra = {
    ...draft.extra,
    constraints: constraintsOf(data, { columns: [] }),
    deprecation_date: textOrNull(own(data, "deprecation_date")),
    time_spine: own(data, "time_spine") ?? null,
  };
}

function unrenderedOf({ written, unrenderedConfig }: Properties): DataMap {
  const outside = ["meta", "docs", "group", "contract", "access"].filter((key) => Object.hasOwn(written, key));
  return { ...unrenderedConfig, ...Object.fromEntries(outside.map((key) => [key, written[key] ?? null])) };
}

/** `data_tests`, or `tests` as they were called before. */
export function testsOf(properties: Properties, data: DataMap, path: DataPath): readonly [string, readonly Data[]] {
  const key = Object.hasOwn(data, "data_tests") ? "data_tests" : "tests";
  if (key === "data_tests" && isFilled(own(data, "tests"))) {
    throw new ProblemError(
      "'tests' is the old name of 'data_tests': remove one of them",
      properties.position([...path, "tests"]),
    );
  }
  const tests = own(data, key) ?? [];
  if (Array.isArray(tests)) return [key, tests];
  throw new ProblemError(`${key}: expected a list`, properties.position([...path, key]));
}

function isFilled(value: Data | undefined): boolean {
  return Array.isArray(value) && value.length > 0;
}

/** Each version is a model of its own, in the file `name_v2`, or `name` for the latest one, or where `defined_in` says. */
function describeVersions(properties: Properties, versions: readonly DataMap[], index: DraftIndex): Description[] {
  const { data, name, owner } = properties;
  const numbers = versions.map((version, number) => versionOf(properties, version, number));
  const latest =
    versionOr(own(data, "latest_version")) ??
    numbers.reduce((top, each) => (compareVersions(each, top) > 0 ? each : top));
  const base = readColumns(properties, data);
  return versions.flatMap((version, number) => {
    const v = numbers[number] ?? 0n;
    const path = ["versions", number];
    const file = textOf(version, "defined_in", `${name}_v${v}`);
    const ownFile = index.findIn("model", owner.settings.name, file);
    const draft = ownFile ?? (sameVersion(v, latest) ? index.findIn("model", owner.settings.name, name) : undefined);
    if (draft === undefined) return [];
    const columns = versionColumns(properties, base, version, path);
    const config = mergeDeep(mapOf(data, "config"), versionConfig(version));
    const described = {
      ...data,
      ...(Object.hasOwn(version, "constraints") ? { constraints: version.constraints ?? [] } : {}),
    };
    const description = textOf(version, "description", "") || textOf(data, "description", "");
    renameVersion(draft, name, v, latest);
    patch(draft, properties, { description, columns, config, data: described });
    draft.unrenderedPropertiesConfig = { ...unrenderedOf(properties), ...mapOf(version, "config") };
    const hasTests = Object.hasOwn(version, "data_tests") || Object.hasOwn(version, "tests");
    const [key, tests] = hasTests ? testsOf(properties, version, path) : testsOf(properties, data, []);
    return [{ properties, draft, columns, tests, testsPath: hasTests ? [...path, key] : [key], version: v }];
  });
}

function renameVersion(draft: Draft, name: string, version: Version, latest: Version): void {
  const { fields } = draft;
  fields.unique_id = `model.${fields.package_name}.${name}.v${version}`;
  fields.name = name;
  fields.fqn = [...fields.fqn.slice(0, -1), name, `v${version}`];
  draft.extra = { ...draft.extra, version, latest_version: latest };
}

function versionOf(properties: Properties, version: DataMap, number: number): Version {
  const found = versionOr(own(version, "v"));
  if (found !== undefined) return found;
  throw new ProblemError("versions: expected 'v' with the version's number", properties.position(["versions", number]));
}

function versionOr(value: Data | undefined): Version | undefined {
  return typeof value === "bigint" || typeof value === "number" || typeof value === "string" ? value : undefined;
}

function sameVersion(left: Version, right: Version): boolean {
  return compareVersions(left, right) === 0;
}

function versionConfig(version: DataMap): DataMap {
  const outside = ["meta", "docs", "access"].filter((key) => Object.hasOwn(version, key));
  return { ...mapOf(version, "config"), ...Object.fromEntries(outside.map((key) => [key, version[key] ?? null])) };
}

/** The columns of all versions, but for those that the version leaves out, and its own. */
function versionColumns(
  properties: Properties,
  base: readonly DescribedColumn[],
  version: DataMap,
  path: DataPath,
): DescribedColumn[] {
  const written = entriesOf(properties, version, path, "columns");
  const filter = written.find((entry) => Object.hasOwn(entry, "include") || Object.hasOwn(entry, "exclude"));
  const named = written.filter((entry) => entry !== filter);
  const columns = readColumns(properties, { columns: named }, path);
  const names = new Set(columns.map(({ info }) => info.name));
  return [...base.filter(({ info }) => !names.has(info.name) && isIncluded(info.name, filter)), ...columns];
}

function isIncluded(name: string, filter: DataMap | undefined): boolean {
  const include = filter === undefined ? "all" : (own(filter, "include") ?? []);
  const exclude = filter === undefined ? [] : (own(filter, "exclude") ?? []);
  const all = include === "all" || include === "*";
  return (
    (all || (Array.isArray(include) && include.includes(name))) && !(Array.isArray(exclude) && exclude.includes(name))
  );
}

function mergeDeep(left: DataMap, right: DataMap): DataMap {
  const merged: Record<string, Data> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const before = own(left, key);
    merged[key] = isMap(before) && isMap(value) ? mergeDeep(before, value) : value;
  }
  return merged;
}
