import { createHash } from "node:crypto";
import { computed } from "../../jinja/row-values.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import type { ObjectValue, Value } from "../../jinja/values/value.ts";
import { fail, hostFunction, MembersValue } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import { relationOf } from "./adapter.ts";

/** `adapter.parse_index`: an index of a model's `indexes`. Its name has the time in it, because names of indexes are used once. */
export function parseIndex(raw: Value, now: () => string): Value {
  if (raw === null) return null;
  if (!(raw instanceof DictValue))
    return fail(`expected an index as a map with 'columns', found ${computed(toText(raw))}`);
  if (!Array.isArray(raw.get("columns")))
    return fail(`an index needs a list of 'columns', found ${computed(toText(raw))}`);
  const columns = iterate(raw.get("columns") ?? []).map(toText);
  const unique = isTrue(raw.get("unique") ?? false);
  const type = raw.get("type") ?? null;
  const render = hostFunction("render", ["relation"], (found) => {
    const relation = relationOf(found.value(0), "render()").render();
    const parts = [...columns, relation, toText(unique), toText(type), now()];
    return createHash("md5").update(parts.join("_")).digest("hex");
  });
  return new MembersValue("PostgresIndexConfig", {
    columns: () => [...columns],
    unique: () => unique,
    type: () => type,
    render: () => render,
  });
}

interface Index {
  readonly name: Value;
  readonly columns: readonly string[];
  readonly isUnique: boolean;
  readonly method: string;
}

const keyOf = ({ columns, isUnique, method }: Index) =>
  JSON.stringify([[...new Set(columns)].sort(), isUnique, method]);

/** What of a materialized view's indexes has to change, as dbt's macros read it; None where nothing has. */
export function indexChanges(results: Value, node: Value): Value {
  const present = presentIndexes(results);
  const wanted = wantedIndexes(node);
  const [presentKeys, wantedKeys] = [present, wanted].map((list) => new Set(list.map(keyOf)));
  const drops = present
    .filter((index) => wantedKeys?.has(keyOf(index)) === false)
    .map((index) => change("drop", index));
  const creates = wanted
    .filter((index) => presentKeys?.has(keyOf(index)) === false)
    .map((index) => change("create", index));
  if (drops.length + creates.length === 0) return null;
  const indexes: Value[] = [...drops, ...creates];
  return new MembersValue("PostgresMaterializedViewConfigChangeCollection", {
    indexes: () => indexes,
    requires_full_refresh: () => false,
    has_changes: () => true,
  });
}

function presentIndexes(results: Value): Index[] {
  const table = results instanceof DictValue ? results.get("indexes") : undefined;
  if (!(table instanceof TableValue)) return [];
  return table.rows.map((row) => ({
    name: row.item("name") ?? null,
    columns: toText(row.item("column_names") ?? "")
      .toLowerCase()
      .split(","),
    isUnique: isTrue(row.item("unique") ?? false),
    method: toText(row.item("method") ?? "btree"),
  }));
}

function wantedIndexes(node: Value): Index[] {
  const config = node instanceof DictValue ? node.get("config") : undefined;
  const indexes = config instanceof DictValue ? config.get("indexes") : undefined;
  return (Array.isArray(indexes) ? indexes : []).map((raw) => {
    const item = (key: string): Value => (raw instanceof DictValue ? (raw.get(key) ?? null) : null);
    return {
      name: null,
      columns: iterate(item("columns") ?? []).map((column) => toText(column).toLowerCase()),
      isUnique: isTrue(item("unique")),
      method: toText(item("type") ?? "btree"),
    };
  });
}

function change(action: string, { name, columns, isUnique, method }: Index): ObjectValue {
  const config = DictValue.of([
    ["columns", [...columns]],
    ["unique", isUnique],
    ["type", method],
  ]);
  const context = new MembersValue("PostgresIndexConfig", { name: () => name, as_node_config: () => config });
  return new MembersValue("PostgresIndexConfigChange", { action: () => action, context: () => context });
}
