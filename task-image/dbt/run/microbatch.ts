import { DictValue } from "../../jinja/values/dict-value.ts";
import type { Stored } from "../../jinja/values/value.ts";
import { type Batch, eventTime } from "../context/event-time.ts";
import { modelDict, NodeContext } from "../context/node-context.ts";
import type { RunWorld } from "../context/run-world.ts";
import type { ManifestNode } from "../manifest/node.ts";
import { hostFunction } from "../values/host-function.ts";
import { type BatchSize, batchesOf } from "./batches.ts";
import type { NodeResult } from "./node-result.ts";
import { compileInto, materialize, type NodeRun, type Outcome, timed } from "./run-node.ts";

const STRATEGY_MACRO = "get_incremental_microbatch_sql";
const DBT_PACKAGES = new Set(["dbt", "dbt_postgres", "dbt_redshift"]);

/** What of the run decides about batches. */
export interface BatchSettings {
  /** When the run began, in microseconds of UTC since 1970: batches reach up to it. */
  readonly startedAt: bigint;
  readonly fullRefresh: boolean;
  /** `require_batched_execution_for_custom_microbatch_strategy`: batches also for a project's own strategy. */
  readonly batchesOwnStrategy: boolean;
}

/** Whether a model is built batch by batch: by the strategy of dbt, or by the project's own where a flag says so. */
export function isMicrobatch({ library, manifest }: RunWorld, node: ManifestNode, settings: BatchSettings): boolean {
  const { materialized, incremental_strategy: strategy } = node.config;
  if (node.resource_type !== "model" || materialized !== "incremental" || strategy !== "microbatch") return false;
  const owner = library.find(STRATEGY_MACRO, manifest.projectName)?.packageName ?? "dbt";
  return settings.batchesOwnStrategy || DBT_PACKAGES.has(owner);
}

/**
 * Builds a microbatch model, one batch after the other. A batch that fails leaves the others to run, unless it is the first one: then
 * there may be no table. Hooks before the model run with the first batch, hooks after it with the last.
 */
export function runMicrobatch(world: RunWorld, node: ManifestNode, run: NodeRun, settings: BatchSettings): NodeResult {
  let failed: NodeResult | undefined;
  const result = timed(world, node.unique_id, run, (course) => {
    course.watch.end("compile");
    const isIncremental = isThere(world, node, settings.fullRefresh);
    const batches = planned(node, settings.startedAt, isIncremental);
    const results: NodeResult[] = [];
    for (const [index, batch] of batches.entries()) {
      const hooks = { isFirst: index === 0, isLast: index === batches.length - 1 };
      const ended = runBatch(world, node, run, { batch, ...hooks, isIncremental: isIncremental || index > 0 });
      results.push(ended);
      if (ended.status === "error") failed ??= { ...ended, message: `batch ${batch.id}: ${ended.message}` };
      if (index === 0 && failed !== undefined) break;
    }
    return merged(results, batches.length, failed);
  });
  return { ...result, sqlState: failed?.sqlState ?? result.sqlState };
}

/** Whether the model's table is there and is to be kept. */
function isThere({ adapter }: RunWorld, { database, schema, alias, config }: ManifestNode, fullRefresh: boolean) {
  const relation = adapter.getRelation(database, schema, alias);
  if (relation?.data.type !== "table") return false;
  return !(typeof config.full_refresh === "boolean" ? config.full_refresh : fullRefresh);
}

/** The batches by the node's settings: reading the project has checked them. */
function planned({ config }: ManifestNode, now: bigint, isIncremental: boolean): readonly Batch[] {
  const { batch_size: size, begin, lookback } = config;
  const plan = { size: size as BatchSize, begin: String(begin), lookback: Number(lookback ?? 1) };
  return batchesOf(plan, now, isIncremental);
}

interface BatchRun {
  readonly batch: Batch;
  readonly isFirst: boolean;
  readonly isLast: boolean;
  readonly isIncremental: boolean;
}

function runBatch(world: RunWorld, node: ManifestNode, run: NodeRun, batchRun: BatchRun): NodeResult {
  const { batch, isFirst, isLast, isIncremental } = batchRun;
  return timed(world, node.unique_id, run, (course) => {
    const config = {
      ...node.config,
      ...(isFirst ? {} : { "pre-hook": [] }),
      ...(isLast ? {} : { "post-hook": [] }),
    };
    const own: ManifestNode = { ...node, config };
    const model = modelDict(own);
    showBatch(model, batch);
    world.nameSession(node.unique_id, model);
    const overrides = new Map<string, Stored>();
    const context = new NodeContext(world, node.package_name, { node: own, model, batch }, overrides);
    course.context = context;
    compileInto(world, own, context, model);
    course.watch.end("compile");
    // Batches behind the first one go into its table, whatever the project's macros say.
    if (isIncremental) {
      overrides.set(
        "is_incremental",
        hostFunction("is_incremental", [], () => true),
      );
      overrides.set(
        "should_full_refresh",
        hostFunction("should_full_refresh", [], () => false),
      );
    }
    return materialize(world, own, context);
  });
}

/** `model.batch`, and the older names of its times among the settings. */
function showBatch(model: DictValue, { id, start, end }: Batch): void {
  const [from, to] = [eventTime(start), eventTime(end)];
  model.set(
    "batch",
    DictValue.of([
      ["id", id],
      ["event_time_start", from.isoText("T")],
      ["event_time_end", to.isoText("T")],
    ] as const),
  );
  const config = model.get("config");
  if (!(config instanceof DictValue)) return;
  config.set("__dbt_internal_microbatch_event_time_start", from);
  config.set("__dbt_internal_microbatch_event_time_end", to);
}

function merged(results: readonly NodeResult[], planned: number, failed: NodeResult | undefined): Outcome {
  const well = results.filter(({ status }) => status === "success");
  const rows = well.reduce((sum, each) => sum + (each.rows ?? 0), 0);
  const shared = { rows, failures: 0, response: null };
  if (failed === undefined) return { status: "success", message: `${planned} batches`, ...shared };
  const status = well.length === 0 ? "error" : "partial success";
  return { status, message: `${well.length} of ${planned} batches; ${failed.message}`, ...shared };
}
