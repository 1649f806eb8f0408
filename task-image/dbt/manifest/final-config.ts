import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import type { ConfigKind } from "./config-fields.ts";

/** Columns that dbt adds to a snapshot. */
const SNAPSHOT_COLUMNS = ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];

const STORED_AS: ReadonlyMap<Data, Data> = new Map<Data, Data>([
  [true, "table"],
  [false, "ephemeral"],
]);

/**
 * Settings as dbt keeps them when all layers are merged: hooks as statements, settings that decide each other, types checked.
 *
 * @throws {ProblemError} for a value that dbt refuses.
 */
export function finalConfig(kind: ConfigKind, config: DataMap, at: Position): DataMap {
  const enabled = own(config, "enabled");
  if (typeof enabled !== "boolean") fail("enabled", "true or false", enabled, at);
  for (const key of ["alias", "schema", "database", "group", "materialized"]) checkText(config, key, at);
  checkMap(config, "meta", at);
  const withHooks = Object.hasOwn(config, "pre-hook")
    ? { ...config, "pre-hook": hooks(own(config, "pre-hook")), "post-hook": hooks(own(config, "post-hook")) }
    : config;
  const tagged = Object.hasOwn(withHooks, "tags")
    ? { ...withHooks, tags: tagsOf(own(withHooks, "tags"), at) }
    : withHooks;
  if (kind === "test") return finalTest(tagged, at);
  return kind === "snapshot" ? finalSnapshot(tagged) : tagged;
}

/** `store_failures_as` decides where both are set. */
function finalTest(config: DataMap, at: Position): DataMap {
  const severity = own(config, "severity");
  if (typeof severity !== "string" || !/^(?:warn|error)$/i.test(severity))
    fail("severity", "warn or error", severity, at);
  const as = own(config, "store_failures_as") ?? null;
  if (as === null) {
    return { ...config, store_failures_as: STORED_AS.get(own(config, "store_failures") ?? null) ?? null };
  }
  return { ...config, store_failures: as !== "ephemeral" };
}

/** Columns that dbt adds to a snapshot may have other names: each of them has a key. */
function finalSnapshot(config: DataMap): DataMap {
  const configured = own(config, "snapshot_meta_column_names");
  const names = isMap(configured) ? configured : {};
  const columns = SNAPSHOT_COLUMNS.map((name): [string, Data] => [name, own(names, name) ?? null]);
  return { ...config, snapshot_meta_column_names: Object.fromEntries(columns) };
}

function hooks(value: Data | undefined): Data[] {
  const list: readonly Data[] = Array.isArray(value) ? value : value === undefined || value === null ? [] : [value];
  return list.map(hook);
}

/** A hook is SQL, or a map, or a map as JSON text, with `sql` and `transaction`. */
function hook(value: Data): DataMap {
  if (isMap(value))
    return {
      sql: own(value, "sql") ?? "",
      transaction: own(value, "transaction") ?? true,
      index: own(value, "index") ?? null,
    };
  const text = String(value);
  const written = parsedJson(text);
  return isMap(written) ? hook(written) : { sql: text, transaction: true, index: null };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function tagsOf(value: Data | undefined, at: Position): string[] {
  const tags: readonly Data[] = Array.isArray(value) ? value : [value ?? []].flat();
  for (const tag of tags) if (typeof tag !== "string") fail("tags", "texts", tag, at);
  return tags.map(String);
}

function checkText(config: DataMap, key: string, at: Position): void {
  const value = own(config, key) ?? null;
  if (value !== null && typeof value !== "string") fail(key, "text", value, at);
}

function checkMap(config: DataMap, key: string, at: Position): void {
  const value = own(config, key) ?? null;
  if (value !== null && !isMap(value)) fail(key, "keys and values", value, at);
}

function fail(key: string, expected: string, found: Data | undefined, at: Position): never {
  const shown =
    found === undefined || found === null ? "nothing" : `${typeof found} ${JSON.stringify(found, plainJson)}`;
  throw new ProblemError(`the setting '${key}': expected ${expected}, found ${shown}`, at);
}

function plainJson(_: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
