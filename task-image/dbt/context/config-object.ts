import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { CallableValue, foundOr, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction, MembersValue } from "../values/host-function.ts";

const SNAPSHOT_COLUMNS = ["dbt_valid_to", "dbt_valid_from", "dbt_scd_id", "dbt_updated_at", "dbt_is_deleted"];
const OTHER_NAMES: Readonly<Record<string, string>> = { pre_hook: "pre-hook", post_hook: "post-hook" };

/** A setting of a node; undefined where it has no such setting. Some of dbt's settings are computed from others. */
export function settingOf(config: DictValue, name: string): Value | undefined {
  const found = config.get(name);
  if (found !== undefined) return found;
  if (name === "snapshot_table_column_names") return snapshotColumns(config);
  const other = OTHER_NAMES[name];
  return other === undefined ? undefined : config.get(other);
}

/** The columns that a snapshot adds, by dbt's names. */
function snapshotColumns(config: DictValue): DictValue {
  const given = config.get("snapshot_meta_column_names");
  return DictValue.of(
    SNAPSHOT_COLUMNS.map((column) => {
      const name = given instanceof DictValue ? given.get(column) : undefined;
      return [column, typeof name === "string" ? name : column] as const;
    }),
  );
}

/**
 * `config` while a node runs: calling it does nothing, because its settings are known. `model` is the node, and `id` names it in errors.
 */
export function configObject(config: DictValue, model: () => Value, id: string): MembersValue {
  const required = (name: string) =>
    settingOf(config, name) ?? fail(`${id} does not define the required config parameter '${name}'`);
  const meta = (name: string) => {
    const all = config.get("meta");
    return all instanceof DictValue ? all.get(name) : undefined;
  };
  const persists = (what: string) =>
    hostFunction(`persist_${what}_docs`, [], () => {
      const all = config.get("persist_docs");
      return all instanceof DictValue && isTrue(all.get(what === "column" ? "columns" : what) ?? false);
    });
  const nothing = new CallableValue("config", () => "");
  return new MembersValue(
    "config",
    {
      get: () =>
        hostFunction("get", ["name", "default?", "validator?"], (found) =>
          foundOr(settingOf(config, found.text(0)), () => found.value(1)),
        ),
      require: () => hostFunction("require", ["name", "validator?"], (found) => required(found.text(0))),
      meta_get: () =>
        hostFunction("meta_get", ["name", "default?", "validator?"], (found) =>
          foundOr(meta(found.text(0)), () => found.value(1)),
        ),
      meta_require: () =>
        hostFunction("meta_require", ["name", "validator?"], (found) => {
          return meta(found.text(0)) ?? fail(`${id} does not define '${found.text(0)}' in its meta`);
        }),
      set: () => nothing,
      persist_relation_docs: () => persists("relation"),
      persist_column_docs: () => persists("column"),
      model,
    },
    nothing,
  );
}
