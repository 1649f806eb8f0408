import { DictValue } from "../../jinja/values/dict-value.ts";
import { type Stored, TupleValue, type Value } from "../../jinja/values/value.ts";
import type { RunWorld } from "../context/run-world.ts";
import type { Manifest } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import { DatetimeValue } from "../values/datetime.ts";
import { hostFunction, MembersValue } from "../values/host-function.ts";
import type { NodeResult, Step } from "./node-result.ts";
import { makesRelation } from "./prepare.ts";

/** What hooks of on-run-end see beside other templates: `results`, `schemas` and `database_schemas`. */
export function runEndValues(
  { manifest, storesFailures }: Pick<RunWorld, "manifest" | "storesFailures">,
  results: readonly NodeResult[],
): ReadonlyMap<string, Stored> {
  const places = placesOf(manifest, results, storesFailures);
  const schemas = [...new Set(places.map(([, schema]) => schema))];
  // Hooks that went well have no result for those behind them.
  const shown = results.filter(({ id, status }) => !isHook(manifest, id) || status === "error");
  return new Map<string, Stored>([
    ["results", shown.map((result) => resultObject(manifest, result))],
    ["schemas", schemas],
    ["database_schemas", places.map((place) => new TupleValue([...place]))],
  ]);
}

const isHook = ({ nodes }: Manifest, id: string) => nodes.get(id)?.resource_type === "operation";

const UNWELL: ReadonlySet<string> = new Set(["error", "fail", "skipped"]);

/** Database and schema of what was made, each pair once. */
function placesOf(
  { nodes }: Manifest,
  results: readonly NodeResult[],
  storesFailures: boolean,
): (readonly [string, string])[] {
  const found = new Map<string, readonly [string, string]>();
  for (const { id, status } of results) {
    const node = nodes.get(id);
    if (node === undefined || !makesRelation(node, storesFailures) || UNWELL.has(status)) continue;
    found.set(JSON.stringify([node.database, node.schema]), [node.database, node.schema]);
  }
  return [...found.values()];
}

/** dbt's RunResult. */
function resultObject(manifest: Manifest, result: NodeResult): Value {
  const { id, status, message, failures, seconds, thread, steps, compiledCode } = result;
  const node = manifest.nodes.get(id) ?? manifest.unitTests.get(id);
  const nodeDict = toValue({
    ...node,
    ...(compiledCode === null ? {} : { compiled: true, compiled_code: compiledCode }),
  } as unknown as DataMap);
  const response = responseDict(result);
  const plain: readonly (readonly [string, Value])[] = [
    ["status", status],
    ["thread_id", thread],
    ["execution_time", seconds],
    ["message", message],
    ["failures", failures === null ? null : BigInt(failures)],
    ["adapter_response", response],
    ["node", nodeDict],
    ["agate_table", null],
    ["batch_results", null],
  ];
  const asDict = () => DictValue.of([...plain, ["timing", steps.map(stepDict)] as const]);
  return new MembersValue("RunResult", {
    ...Object.fromEntries(plain.map(([name, value]) => [name, () => value] as const)),
    node: () => withDict("Node", nodeDict),
    timing: () => steps.map((step) => withDict("TimingInfo", stepDict(step))),
    skipped: () => status === "skipped",
    to_dict: () => hostFunction("to_dict", ["omit_none?"], asDict),
  });
}

/** An object of dbt whose members are those of a dict. */
function withDict(typeName: string, dict: Value): Value {
  if (!(dict instanceof DictValue)) return dict;
  const members = dict.entries().map(([name, value]) => [String(name), () => value] as const);
  const asDict = hostFunction("to_dict", ["omit_none?"], () => dict);
  return new MembersValue(typeName, { ...Object.fromEntries(members), to_dict: () => asDict });
}

function stepDict({ name, startedAt, completedAt }: Step): DictValue {
  return DictValue.of([
    ["name", name],
    ["started_at", new DatetimeValue(startedAt)],
    ["completed_at", new DatetimeValue(completedAt)],
  ] as const);
}

function responseDict({ response }: NodeResult): DictValue {
  if (response === null) return new DictValue();
  return DictValue.of([
    ["_message", response.message],
    ["code", response.code],
    ["rows_affected", BigInt(response.rowsAffected)],
  ] as const);
}
