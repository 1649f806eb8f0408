import type { Position } from "../jinja/position.ts";
import { ProblemError } from "../jinja/problem.ts";
import { isTrue } from "../jinja/values/comparison.ts";
import { DictValue } from "../jinja/values/dict-value.ts";
import { toText } from "../jinja/values/text-form.ts";
import { describeType, type Value } from "../jinja/values/value.ts";

export const MATERIALIZATIONS = ["view", "table"] as const;
export type Materialization = (typeof MATERIALIZATIONS)[number];

/** A configured value and where it was written. */
export interface Setting {
  readonly value: Value;
  readonly at: Position;
}

/** What is configured for one model, by dbt's names. A later layer wins: dbt_project.yml, properties, config() in the model. */
export type Settings = ReadonlyMap<string, Setting>;

/** What the settings mean. */
export interface ModelConfig {
  readonly materialized: Materialization;
  readonly enabled: boolean;
  readonly schema: string | null;
  readonly alias: string | null;
}

/** Settings that would change what a model becomes and that are not supported yet, with the way out. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["pre_hook", "hooks are not supported yet: put the statements into a node of their own before this one"],
  ["post_hook", "hooks are not supported yet: put the statements into a node of their own behind this one"],
  ["grants", "grants are not supported yet: grant rights in the database, they are kept when the model is built again"],
  [
    "indexes",
    "indexes are not supported yet: create them in the database, they are kept when the table is filled again",
  ],
  ["unlogged", "unlogged tables are not supported yet: remove the setting"],
  ["contract", "contracts are not supported yet: remove the setting and check columns with a test node"],
  ["sql_header", "sql_header is not supported yet: remove the setting"],
  ["persist_docs", "persist_docs is not supported yet: remove the setting"],
  ["database", "a model is built in the database of its connection: remove the setting"],
]);

const REFUSED_MATERIALIZATIONS: ReadonlyMap<string, string> = new Map([
  [
    "incremental",
    "incremental models are not supported yet: use materialized='table', which is built anew in every run",
  ],
  ["ephemeral", "ephemeral models are not supported yet: use materialized='view'"],
  ["materialized_view", "materialized views are not supported yet: use materialized='table'"],
  ["snapshot", "snapshots are not supported yet: use materialized='table'"],
]);

/** The name that dbt keeps a setting under: hyphens of YAML are underscores. */
export function settingName(key: string): string {
  return key.replace(/^\+/, "").replaceAll("-", "_");
}

/**
 * Reads a model's settings.
 *
 * @throws {ProblemError} for a value or a setting that cannot be used.
 */
export function readModelConfig(settings: Settings): ModelConfig {
  for (const [name, { value, at }] of settings) {
    const reason = REFUSED.get(name);
    if (reason !== undefined && isSet(value))
      throw new ProblemError(`the setting '${name}' cannot be used: ${reason}`, at);
  }
  return {
    materialized: materialization(settings.get("materialized")),
    enabled: flag(settings.get("enabled")),
    schema: text("schema", settings.get("schema")),
    alias: text("alias", settings.get("alias")),
  };
}

function isSet(value: Value): boolean {
  if (!(value instanceof DictValue)) return isTrue(value);
  return value.values().some(isSet);
}

function materialization(setting: Setting | undefined): Materialization {
  if (setting === undefined) return "view";
  const name = typeof setting.value === "string" ? setting.value : toText(setting.value);
  const known = MATERIALIZATIONS.find((each) => each === name);
  if (known !== undefined) return known;
  const reason = REFUSED_MATERIALIZATIONS.get(name) ?? `expected ${MATERIALIZATIONS.join(" or ")}, found '${name}'`;
  throw new ProblemError(`materialized='${name}': ${reason}`, setting.at);
}

function flag(setting: Setting | undefined): boolean {
  if (setting === undefined) return true;
  if (typeof setting.value === "boolean") return setting.value;
  throw new ProblemError(`enabled: expected true or false, found ${describeType(setting.value)}`, setting.at);
}

function text(name: string, setting: Setting | undefined): string | null {
  if (setting === undefined || setting.value === null) return null;
  const found = typeof setting.value === "bigint" ? toText(setting.value) : setting.value;
  if (typeof found === "string" && found.trim() !== "") return found.trim();
  throw new ProblemError(`${name}: expected text that is not empty, found ${describeType(setting.value)}`, setting.at);
}
