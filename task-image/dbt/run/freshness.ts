import { DictValue } from "../../jinja/values/dict-value.ts";
import { typeName, type Value } from "../../jinja/values/value.ts";
import { NodeContext } from "../context/node-context.ts";
import { type RunWorld, relationOfSource } from "../context/run-world.ts";
import type { SourceDefinition } from "../manifest/node.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import { DatetimeValue } from "../values/datetime.ts";
import { fail } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import type { Freshness, NodeResult } from "./node-result.ts";
import { type NodeRun, serverResponse, timed } from "./run-node.ts";

const SECONDS: Readonly<Record<string, number>> = { minute: 60, hour: 3600, day: 86_400 };
/** What a table without rows counts as: midnight of the first of January of the year 1. */
const LONG_AGO = -62_135_596_800_000_000n;
const NEVER = isoOf(LONG_AGO);

/** Whether a source says when it is stale. */
export function hasFreshness({ freshness }: SourceDefinition): boolean {
  return LIMITS.some(([key]) => limitOf(freshness, key) !== undefined);
}

/**
 * How old the newest row of a source is, by its column or its query, held against what the source allows. The verdict is dbt's: `error`
 * above `error_after`, `warn` above `warn_after`, else `pass`; `runtime error` where it cannot be told.
 */
export function askFreshness(world: RunWorld, source: SourceDefinition, run: NodeRun): NodeResult {
  const result = timed(world, source.unique_id, run, () => {
    world.nameSession(source.unique_id, toValue(source as unknown as DataMap));
    world.adapter.connection.clear();
    const answer = askedBy(world, source);
    const freshness = ageOf(tableOf(answer, source));
    const response = serverResponse(answer instanceof DictValue ? (answer.get("response") ?? null) : null);
    return { ...verdictOf(source, freshness), rows: null, failures: null, response, freshness };
  });
  return result.freshness === undefined ? { ...result, status: "runtime error" } : result;
}

function askedBy(world: RunWorld, source: SourceDefinition): Value {
  const { adapter } = world;
  const relation = relationOfSource(world, source);
  const { loaded_at_field: field, loaded_at_query: query } = source;
  if (query !== null) {
    const model = toValue(source as unknown as DataMap);
    const context = new NodeContext(
      world,
      source.package_name,
      undefined,
      new Map([["this", relation], ...["model", "source_node"].map((name) => [name, model] as const)]),
    );
    const sql = context.render(source.original_file_path, query).text;
    return adapter.callMacro("collect_freshness_custom_sql", { source: relation, loaded_at_query: sql });
  }
  if (field === null) {
    return fail(
      `${source.original_file_path}: nothing says when rows of ${nameOf(source)} were loaded: set loaded_at_field or loaded_at_query`,
    );
  }
  const filter = toValue(own(source.freshness ?? {}, "filter"));
  return adapter.callMacro("collect_freshness", { source: relation, loaded_at_field: field, filter });
}

function tableOf(answer: Value, source: SourceDefinition): readonly [Value, Value] {
  const table = answer instanceof DictValue ? answer.get("table") : answer;
  const rows = table instanceof TableValue ? table.cells : [];
  const [first] = rows;
  if (rows.length !== 1 || first?.length !== 2) {
    return fail(
      `the freshness of ${nameOf(source)} is one row of two columns, the newest time and now; found ${rows.length} rows`,
    );
  }
  return [first[0] ?? null, first[1] ?? null];
}

/** Times without a zone are in UTC. */
function ageOf([newest, now]: readonly [Value, Value]): Freshness {
  const loadedAt = newest === null ? LONG_AGO : microsOf(newest);
  const askedAt = microsOf(now);
  return { maxLoadedAt: isoOf(loadedAt), snapshottedAt: isoOf(askedAt), age: Number(askedAt - loadedAt) / 1_000_000 };
}

function microsOf(time: Value): bigint {
  if (time instanceof DatetimeValue) return time.utcMicros;
  return fail(`expected a time stamp for the newest row, found ${typeName(time)}: cast loaded_at_field to timestamp`);
}

function isoOf(micros: bigint): string {
  return `${new DatetimeValue(micros).isoText("T")}Z`;
}

function verdictOf(
  { freshness }: SourceDefinition,
  { age, maxLoadedAt }: Freshness,
): { readonly status: "pass" | "warn" | "error"; readonly message: string } {
  for (const [key, status] of LIMITS) {
    const limit = limitOf(freshness, key);
    if (limit === undefined || age <= limit.seconds) continue;
    const found = maxLoadedAt === NEVER ? "there is no row" : `the newest row is ${ageText(age)} old`;
    return { status, message: `${found}: ${key} is ${limit.count} ${limit.period}${limit.count === 1n ? "" : "s"}` };
  }
  return { status: "pass", message: "" };
}

const LIMITS = [
  ["error_after", "error"],
  ["warn_after", "warn"],
] as const;

/** A limit of a source; undefined where it is off or not whole. */
function limitOf(freshness: DataMap | null, key: "warn_after" | "error_after") {
  const limit: Data | undefined = own(freshness ?? {}, key);
  if (!isMap(limit)) return undefined;
  const [count, period] = [own(limit, "count") ?? null, String(own(limit, "period") ?? "")];
  const unit = SECONDS[period];
  if (unit === undefined || count === null) return undefined;
  return { count, period, seconds: Number(count) * unit };
}

/** Such as `3 days 4 hours`: the two largest units. */
function ageText(seconds: number): string {
  const parts = [
    [Math.floor(seconds / 86_400), "day"],
    [Math.floor(seconds / 3600) % 24, "hour"],
    [Math.floor(seconds / 60) % 60, "minute"],
    [Math.floor(seconds) % 60, "second"],
  ] as const;
  const first = parts.findIndex(([count]) => count > 0);
  const shown = parts.slice(first < 0 ? -1 : first).slice(0, 2);
  return shown.map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`).join(" ");
}

function nameOf({ source_name: source, name }: SourceDefinition): string {
  return `source ${source}.${name}`;
}
