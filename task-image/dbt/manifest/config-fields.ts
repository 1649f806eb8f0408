import type { Data, DataMap } from "../project/data.ts";

/** What has settings of its own kind. */
export type ConfigKind = "model" | "seed" | "snapshot" | "test" | "unit_test" | "source" | "exposure" | "other";

/**
 * How a later layer of settings meets an earlier one, by dbt's names of settings. A setting that is not named here is replaced.
 *
 * | way | |
 * |---|---|
 * | append | one list behind the other; a single value is a list of one |
 * | update | keys of maps are united, the later value wins |
 * | extend | as update, and a key with `+` before it adds to the list that is there |
 */
export const MERGED: Readonly<Record<string, "append" | "update" | "extend">> = {
  tags: "append",
  "pre-hook": "append",
  "post-hook": "append",
  packages: "append",
  meta: "update",
  quoting: "update",
  column_types: "update",
  docs: "update",
  contract: "update",
  grants: "extend",
};

const NODE: DataMap = {
  enabled: true,
  alias: null,
  schema: null,
  database: null,
  tags: [],
  meta: {},
  group: null,
  static_analysis: null,
  materialized: "view",
  incremental_strategy: null,
  batch_size: null,
  lookback: 1n,
  begin: null,
  persist_docs: {},
  "post-hook": [],
  "pre-hook": [],
  quoting: {},
  column_types: {},
  full_refresh: null,
  unique_key: null,
  on_schema_change: "ignore",
  on_configuration_change: "apply",
  grants: {},
  packages: [],
  docs: { show: true, node_color: null },
  contract: { enforced: false, alias_types: true },
  event_time: null,
  concurrent_batches: null,
};

const TEST: DataMap = {
  enabled: true,
  alias: null,
  schema: "dbt_test__audit",
  database: null,
  tags: [],
  meta: {},
  group: null,
  static_analysis: null,
  materialized: "test",
  severity: "ERROR",
  store_failures: null,
  store_failures_as: null,
  where: null,
  limit: null,
  fail_calc: "count(*)",
  warn_if: "!= 0",
  error_if: "!= 0",
};

/** Every setting that dbt knows of a kind, with its default. */
export const DEFAULTS: Readonly<Record<ConfigKind, DataMap>> = {
  model: { ...NODE, access: "protected", freshness: null },
  seed: { ...NODE, materialized: "seed", delimiter: ",", quote_columns: null },
  snapshot: {
    ...NODE,
    materialized: "snapshot",
    strategy: null,
    target_schema: null,
    target_database: null,
    updated_at: null,
    check_cols: null,
    snapshot_meta_column_names: {
      dbt_valid_to: null,
      dbt_valid_from: null,
      dbt_scd_id: null,
      dbt_updated_at: null,
      dbt_is_deleted: null,
    },
    dbt_valid_to_current: null,
  },
  test: TEST,
  unit_test: { tags: [], meta: {}, enabled: true, static_analysis: null },
  source: {
    enabled: true,
    event_time: null,
    freshness: {},
    loaded_at_field: null,
    loaded_at_query: null,
    meta: {},
    tags: [],
    static_analysis: null,
  },
  exposure: { enabled: true, tags: [], meta: {} },
  other: NODE,
};

/** Names that settings may be written under. */
const ALIASES: Readonly<Record<string, string>> = {
  pre_hook: "pre-hook",
  post_hook: "post-hook",
  dbname: "database",
};

/** A setting's name as dbt keeps it: `+pre_hook` is `pre-hook`. */
export function settingName(key: string): string {
  const name = key.replace(/^\+/, "").trim();
  return Object.hasOwn(ALIASES, name) ? (ALIASES[name] ?? name) : name;
}

/** Settings under dbt's names. */
export function named(settings: DataMap): DataMap {
  return Object.fromEntries(Object.entries(settings).map(([key, value]): [string, Data] => [settingName(key), value]));
}
