import { type Data, type DataMap, isMap, overlaid, own } from "../project/data.ts";
import type { ConfigSection, ProjectSettings } from "../project/project-settings.ts";
import { MERGED, named, settingName } from "./config-fields.ts";

/** Where the layers of a node's settings come from. */
export interface ConfigPlaces {
  /** dbt_project.yml of the node's package, and of the project that runs. */
  readonly owner: ProjectSettings;
  readonly root: ProjectSettings;
  readonly section: ConfigSection;
  readonly fqn: readonly string[];
}

/** What the files of one node say. */
export interface OwnSettings {
  /** `config:` of its properties. */
  readonly properties?: DataMap | undefined;
  /** What its config() calls were given, merged. */
  readonly call?: DataMap | undefined;
}

/**
 * A node's settings by dbt's precedence, each layer over the one before: defaults; dbt_project.yml of the node's package, from the top
 * down to its folder and name; its properties; its config() calls; dbt_project.yml of the root project, where that is another one.
 */
export function mergedConfig(defaults: DataMap, places: ConfigPlaces, { properties, call }: OwnSettings): DataMap {
  const layers = [
    ...levels(places.owner.configs, places),
    properties ?? {},
    call ?? {},
    ...rootLevels(places, "configs"),
  ];
  return layers.map(named).reduce(mergeSettings, defaults);
}

/** The same layers as they were written, each setting replaced by a later one: what `state:modified` compares. */
export function unrenderedConfig(places: ConfigPlaces, { properties, call }: OwnSettings): DataMap {
  const layers = [
    ...levels(places.owner.unrenderedConfigs, places),
    properties ?? {},
    call ?? {},
    ...rootLevels(places, "unrenderedConfigs"),
  ];
  return overlaid(layers.map(named));
}

function rootLevels(places: ConfigPlaces, which: "configs" | "unrenderedConfigs"): DataMap[] {
  return places.owner.name === places.root.name ? [] : levels(places.root[which], places);
}

/** Settings of the section itself, then of each folder on the way to the node. A map without `+` is a folder. */
function levels(
  configs: ProjectSettings["configs"],
  { section, fqn }: Pick<ConfigPlaces, "section" | "fqn">,
): DataMap[] {
  const found: DataMap[] = [];
  let level: Data | undefined = configs[section];
  for (const part of [undefined, ...fqn]) {
    if (part !== undefined) level = isMap(level) ? own(level, part) : undefined;
    if (!isMap(level)) break;
    const settings = Object.entries(level).filter(([key, value]) => key.startsWith("+") || !isMap(value));
    found.push(Object.fromEntries(settings.map(([key, value]) => [settingName(key), value])));
  }
  return found;
}

/**
 * A config() call after another one of the same file. The keys of grants keep their `+`, which says how the calls meet other layers.
 */
export function mergeCalls(before: DataMap, after: DataMap): DataMap {
  const merged: Record<string, Data> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    const old = own(before, key);
    merged[key] =
      old === undefined
        ? value
        : isMap(old) && isMap(value) && MERGED[key] === "extend"
          ? called(old, value)
          : meet(MERGED[key], old, value);
  }
  return merged;
}

function called(old: DataMap, value: DataMap): DataMap {
  const merged: Record<string, Data> = { ...old };
  for (const [key, item] of Object.entries(value)) {
    const before = own(old, key);
    merged[key] = key.startsWith("+") && before !== undefined ? [...listed(before), ...listed(item)] : listed(item);
  }
  return merged;
}

/** One layer over another. */
export function mergeSettings(before: DataMap, after: DataMap): DataMap {
  const merged: Record<string, Data> = { ...before };
  for (const [key, value] of Object.entries(after)) {
    const old = own(before, key);
    merged[key] = old === undefined || old === null ? asOwn(key, value) : meet(MERGED[key], old, value);
  }
  return merged;
}

function asOwn(key: string, value: Data): Data {
  if (MERGED[key] === "append") return listed(value);
  return MERGED[key] === "extend" && isMap(value) ? extended({}, value) : value;
}

function meet(way: (typeof MERGED)[string] | undefined, old: Data, value: Data): Data {
  if (way === "append") return [...listed(old), ...listed(value)];
  if (!isMap(old) || !isMap(value)) return value;
  if (way === "update") return { ...old, ...value };
  return way === "extend" ? extended(old, value) : value;
}

/** Grants: each right has a list of grantees. */
function extended(old: DataMap, value: DataMap): DataMap {
  const merged: Record<string, Data> = Object.fromEntries(
    Object.entries(old).map(([key, item]) => [key, listed(item)]),
  );
  for (const [key, item] of Object.entries(value)) {
    const name = key.replace(/^\+/, "");
    const before = own(merged, name);
    merged[name] = key.startsWith("+") && before !== undefined ? [...listed(before), ...listed(item)] : listed(item);
  }
  return merged;
}

function listed(value: Data): readonly Data[] {
  return Array.isArray(value) ? value : [value];
}
