import { CallableValue, ObjectValue, type Stored, TupleValue, type Value } from "../../jinja/values/value.ts";
import { TableValue } from "../values/table.ts";

const answers = (names: readonly string[], value: () => Value) =>
  names.map((name) => [name, new CallableValue(name, value)] as const);

/**
 * What `adapter` answers while a project is read, so that nothing is asked of the database then: dbt's own replacements. Members that
 * are not here are the real ones.
 */
export const READING_ANSWERS: ReadonlyMap<string, CallableValue> = new Map([
  ...answers(
    [
      "drop_relation",
      "truncate_relation",
      "rename_relation",
      "get_relation",
      "create_schema",
      "drop_schema",
      "valid_snapshot_target",
      "assert_valid_snapshot_target_given_strategy",
      "expand_target_column_types",
      "get_incremental_strategy_macro",
      "get_hard_deletes_behavior",
    ],
    () => null,
  ),
  ...answers(
    [
      "get_columns_in_relation",
      "get_pseudocolumns_for_relation",
      "get_missing_columns",
      "get_column_schema_from_query",
      "list_relations",
    ],
    () => [],
  ),
  ...answers(["check_schema_exists", "already_exists"], () => false),
  ...answers(["add_query"], () => new TupleValue([null, null])),
  ...answers(["execute"], () => new TupleValue([null, TableValue.EMPTY])),
]);

/** `adapter` while a project is read. */
export function readingAdapter(real: ObjectValue): ObjectValue {
  return new ObjectValue({
    typeName: real.typeName,
    attribute: (name): Stored | undefined => READING_ANSWERS.get(name) ?? real.attribute(name),
  });
}
