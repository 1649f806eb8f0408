import { plain } from "../../jinja/running/parameters.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { CallableValue, type CallSite, ObjectValue, type Value } from "../../jinja/values/value.ts";
import { fail } from "../values/host-function.ts";
import type { Adapter } from "./adapter.ts";

const COLUMNS = ["dbt_scd_id", "dbt_valid_from", "dbt_valid_to"];

/**
 * An error where a table lacks the columns of a snapshot, under the names that the project gives them. dbt asks for the columns again
 * where deletions are kept as rows, and so its statements are the same here.
 */
export function expectSnapshotColumns(adapter: Adapter, relation: Value, names: Value, strategy: Value): void {
  expectColumns(adapter, relation, names, COLUMNS);
  const isKept = strategy instanceof DictValue && strategy.get("hard_deletes") === "new_record";
  if (isKept) expectColumns(adapter, relation, names, ["dbt_is_deleted"]);
}

function expectColumns(adapter: Adapter, relation: Value, names: Value, columns: readonly string[]): void {
  const present = new Set(adapter.columns(relation).map(({ data }) => data.name.toLowerCase()));
  const wanted = columns.map((column) => {
    const name = names instanceof DictValue ? names.get(column) : column;
    return typeof name === "string" ? name : column;
  });
  const missing = wanted.filter((column) => !present.has(column.toLowerCase()));
  if (missing.length === 0) return;
  fail(`Snapshot target is missing configured columns (missing ${missing.map((name) => `"${name}"`).join(", ")})`);
}

/** What a snapshot does with rows that are gone from its source: `ignore`, `invalidate` or `new_record`. */
export function hardDeletes(config: Value, site: CallSite): string {
  const read = (name: string): Value => {
    if (config instanceof DictValue) return config.get(name) ?? null;
    const get = config instanceof ObjectValue ? config.attribute("get") : undefined;
    return get instanceof CallableValue ? plain(get.call({ positional: [name], named: new Map() }, site)) : null;
  };
  const [legacy, behavior] = [read("invalidate_hard_deletes"), read("hard_deletes")];
  if (legacy !== null && behavior !== null) {
    fail("You cannot set both the invalidate_hard_deletes and hard_deletes config properties on the same snapshot.");
  }
  if (isTrue(legacy) || behavior === "invalidate") return "invalidate";
  if (behavior === null || behavior === "ignore") return "ignore";
  return behavior === "new_record" ? "new_record" : fail("Invalid setting for property hard_deletes.");
}
