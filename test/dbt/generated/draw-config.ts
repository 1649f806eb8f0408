import type { Draw } from "./draw.ts";
import type { Tree } from "./plan.ts";

/** Settings of a model by dbt's names. */
export interface ModelConfig extends Tree {
  readonly materialized: string;
}

const MATERIALIZED = ["view", "view", "table", "table", "incremental", "incremental", "ephemeral", "materialized_view"];

/** What settings a model may have, and how many of them do. */
const SETTINGS: readonly (readonly [number, (draw: Draw, name: string) => Tree])[] = [
  [0.3, (draw) => ({ schema: draw.one(["plain", "marts", "Odd Place"]) })],
  [0.2, (draw, name) => ({ alias: draw.one([`${name}_alias`, `The ${name}`]) })],
  [0.3, (draw) => ({ tags: draw.one(["nightly", ["nightly", "quick"], []]) })],
  [0.2, (draw) => ({ meta: { owner: "us", level: draw.below(3) } })],
  [0.2, (draw) => ({ pre_hook: drawHook(draw) })],
  [0.25, (draw) => ({ post_hook: draw.chance(0.5) ? drawHook(draw) : [drawHook(draw), drawHook(draw)] })],
  [0.2, (draw) => ({ grants: { select: draw.one([["reader"], ["reader", "writer"], "reader", []]) } })],
  [0.2, (draw) => ({ persist_docs: { relation: draw.chance(0.7), columns: draw.chance(0.5) } })],
  [0.06, () => ({ enabled: false })],
];

/** Settings of tables and incremental models alone. */
const OF_TABLES: typeof SETTINGS = [
  [
    0.25,
    () => ({
      indexes: [
        { columns: ["id"], unique: false },
        { columns: ["grp", "at"], type: "btree" },
      ],
    }),
  ],
  [0.1, () => ({ unlogged: true })],
  [0.15, () => ({ sql_header: "set work_mem = '8MB';" })],
];

/** Settings of a model, wherever they will stand. */
export function drawConfig(draw: Draw, name: string): ModelConfig {
  const materialized = draw.one(MATERIALIZED);
  const isStored = materialized === "table" || materialized === "incremental";
  const incremental = materialized === "incremental" ? drawIncremental(draw) : {};
  const chosen = [...SETTINGS, ...(isStored ? OF_TABLES : [])].map(([share, make]) =>
    draw.chance(share) ? make(draw, name) : {},
  );
  return Object.assign({ materialized }, incremental, ...chosen) as ModelConfig;
}

function drawIncremental(draw: Draw): Tree {
  const strategy = draw.one([undefined, "append", "delete+insert", "merge", "merge"]);
  const key = draw.one([undefined, "id", ["id"], ["id", "grp"]]);
  const isMerge = strategy === "merge";
  return {
    ...(strategy === undefined ? {} : { incremental_strategy: strategy }),
    ...(key === undefined ? {} : { unique_key: key }),
    ...(draw.chance(0.6)
      ? { on_schema_change: draw.one(["ignore", "append_new_columns", "sync_all_columns", "fail"]) }
      : {}),
    ...(isMerge && draw.chance(0.3) ? { merge_exclude_columns: ["at"] } : {}),
    ...(isMerge && draw.chance(0.2) ? { incremental_predicates: ["DBT_INTERNAL_DEST.id > 1"] } : {}),
    ...(draw.chance(0.15) ? { full_refresh: draw.chance(0.5) } : {}),
  };
}

function drawHook(draw: Draw): unknown {
  return draw.one([
    "{{ said('hook') }}",
    "insert into log.said values ('{{ this }} {{ model.alias }}')",
    { sql: "insert into log.said values ('{{ var('since') }}')", transaction: false },
    { sql: "{{ said('inside') }}", transaction: true },
    "",
  ]);
}
