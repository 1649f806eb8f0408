import type { ColumnInfo, Exposure, Manifest, ManifestNode, SourceDefinition, UnitTest } from "../manifest/node.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { SelectionError } from "./criterion.ts";

/** Of a manifest.json of an earlier run, what is compared. */
export interface PreviousManifest {
  /** Nodes, sources, exposures and unit tests by unique id. */
  readonly items: ReadonlyMap<string, DataMap>;
  /** Text of macros by unique id. */
  readonly macros: ReadonlyMap<string, string>;
}

type Item = ManifestNode | SourceDefinition | Exposure | UnitTest;
type IsSame = (item: Item, before: DataMap) => boolean;

/** What each word compares; `modified` alone compares all that can change what is built, and the macros that it is built with. */
const COMPARISONS: Readonly<Record<string, IsSame>> = {
  "modified.body": sameBody,
  "modified.configs": sameConfig,
  "modified.persisted_descriptions": samePersistedDescriptions,
  "modified.relation": sameRelation,
  "modified.contract": sameContract,
};

/** Settings that say where a node goes or how it is found, and not what it is. */
const NOT_COMPARED = new Set(["alias", "schema", "database", "tags", "group"]);
/** Settings of tests that change what a test finds. */
const OF_TESTS = [
  "severity",
  "where",
  "limit",
  "fail_calc",
  "warn_if",
  "error_if",
  "store_failures",
  "store_failures_as",
  "sql_header",
];

/** @throws {SelectionError} for a word that dbt does not know. */
export function findByState(word: string, manifest: Manifest, previous: PreviousManifest): string[] {
  const changedMacros = macroChanges(manifest, previous);
  const isModified = (item: Item, before: DataMap | undefined) =>
    before === undefined || !sameContents(item, before) || changedMacros(item);
  const check = checkOf(word, isModified, changedMacros);
  const items: Item[] = [
    ...manifest.nodes.values(),
    ...manifest.sources.values(),
    ...manifest.exposures.values(),
    ...manifest.unitTests.values(),
  ];
  return items.filter((item) => check(item, previous.items.get(item.unique_id))).map(({ unique_id }) => unique_id);
}

type Check = (item: Item, before: DataMap | undefined) => boolean;

function checkOf(word: string, isModified: Check, changedMacros: (item: Item) => boolean): Check {
  if (word === "new") return (_, before) => before === undefined;
  if (word === "old") return (_, before) => before !== undefined;
  if (word === "modified") return isModified;
  if (word === "unmodified") return (item, before) => !isModified(item, before);
  if (word === "modified.macros") return changedMacros;
  const isSame = Object.hasOwn(COMPARISONS, word) ? COMPARISONS[word] : undefined;
  if (isSame !== undefined) return (item, before) => before === undefined || !isSame(item, before);
  const known = ["new", "old", "modified", "unmodified", "modified.macros", ...Object.keys(COMPARISONS)];
  throw new SelectionError(`'state:${word}': expected one of ${known.join(", ")}`);
}

/** Whether a macro that a node calls, or one that such a macro calls, has changed or is new or gone. */
function macroChanges(manifest: Manifest, previous: PreviousManifest): (item: Item) => boolean {
  const changed = new Set<string>();
  for (const [id, { macro_sql: text }] of manifest.macros) if (previous.macros.get(id) !== text) changed.add(id);
  for (const id of previous.macros.keys()) if (!manifest.macros.has(id)) changed.add(id);
  return (item) => {
    if (changed.size === 0 || !("depends_on" in item)) return false;
    const seen = new Set(item.depends_on.macros);
    for (const id of seen) {
      if (changed.has(id)) return true;
      for (const next of manifest.macros.get(id)?.depends_on.macros ?? []) seen.add(next);
    }
    return false;
  };
}

function sameContents(item: Item, before: DataMap): boolean {
  const same = (...keys: (keyof Item & string)[]) => keys.every((key) => sameData(item[key] as Data, own(before, key)));
  switch (item.resource_type) {
    case "source":
      return (
        sameRelation(item, before) &&
        sameConfig(item, before) &&
        ["fqn", "loader", "freshness", "quoting", "external"].every((key) =>
          sameData(item[key as "loader"], own(before, key)),
        )
      );
    case "exposure":
      return ["fqn", "type", "owner", "maturity", "url", "description", "label", "depends_on"].every((key) =>
        sameData(item[key as "type"], own(before, key)),
      );
    case "unit_test":
      return sameData(item.checksum, own(before, "checksum"));
    case "test":
      if (item.test_metadata !== undefined) return sameConfig(item, before) && same("fqn");
      break;
    case "model":
      if (
        !["latest_version", "access", "deprecation_date"].every((key) =>
          sameData(item[key as "access"], own(before, key)),
        )
      ) {
        return false;
      }
      break;
    default:
  }
  const isSame: readonly IsSame[] = [sameBody, sameConfig, samePersistedDescriptions, sameRelation, sameContract];
  return same("fqn") && isSame.every((each) => each(item, before));
}

function sameBody(item: Item, before: DataMap): boolean {
  if (item.resource_type === "seed") return sameData(item.checksum, own(before, "checksum"));
  return !("raw_code" in item) || item.raw_code === own(before, "raw_code");
}

function sameConfig(item: Item, before: DataMap): boolean {
  if (!("unrendered_config" in item)) return true;
  const old = mapAt(before, "unrendered_config");
  const keys = new Set([...Object.keys(item.unrendered_config), ...Object.keys(old)]);
  const compared = [...keys].filter((key) =>
    item.resource_type === "test" ? OF_TESTS.includes(key) : !NOT_COMPARED.has(key),
  );
  return compared.every((key) => sameData(own(item.unrendered_config, key), own(old, key)));
}

/** Descriptions that are written into the database belong to what is built. */
function samePersistedDescriptions(item: Item, before: DataMap): boolean {
  if (!("columns" in item) || item.resource_type === "source") return true;
  const persist = mapAt(item.config, "persist_docs");
  if (persist.relation === true && item.description !== own(before, "description")) return false;
  if (persist.columns !== true) return true;
  const old = mapAt(before, "columns");
  const names = new Set([...Object.keys(item.columns), ...Object.keys(old)]);
  return [...names].every((name) => descriptionOf(item.columns[name]) === descriptionOf(own(old, name)));
}

function descriptionOf(column: ColumnInfo | Data | undefined): unknown {
  return isMap(column) ? own(column, "description") : undefined;
}

function sameRelation(item: Item, before: DataMap): boolean {
  if (item.resource_type === "source") {
    const same = (key: "unrendered_database" | "unrendered_schema") =>
      (item[key] ?? null) === (own(before, key) ?? null);
    return same("unrendered_database") && same("unrendered_schema") && item.identifier === own(before, "identifier");
  }
  if (!("unrendered_config" in item)) return true;
  const old = mapAt(before, "unrendered_config");
  return ["database", "schema", "alias"].every((key) => sameData(own(item.unrendered_config, key), own(old, key)));
}

function sameContract(item: Item, before: DataMap): boolean {
  if (item.resource_type !== "model") return true;
  const old = mapAt(before, "contract");
  if (old.enforced !== true && !item.contract.enforced) return true;
  return item.contract.enforced === old.enforced && item.contract.checksum === old.checksum;
}

function mapAt(map: DataMap, key: string): DataMap {
  const found = own(map, key);
  return isMap(found) ? found : {};
}

/** Whether two values mean the same: JSON knows no ints, and a key without a value is one that is missing. */
export function sameData(left: unknown, right: unknown): boolean {
  if (left === right || (left ?? null) === (right ?? null)) return true;
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, index) => sameData(item, right[index]));
  }
  if (isMap(left) && isMap(right)) {
    const keys = new Set([...Object.keys(left), ...Object.keys(right)]);
    return [...keys].every((key) => sameData(own(left, key), own(right, key)));
  }
  const isNumber = (value: unknown) => typeof value === "bigint" || typeof value === "number";
  return isNumber(left) && isNumber(right) && Number(left) === Number(right);
}
