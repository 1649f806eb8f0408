import { computed } from "../../jinja/row-values.ts";
import type { BoundArguments } from "../../jinja/running/parameters.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { Rendering } from "../../jinja/running/rendering.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, foundOr, ObjectValue, type Stored, TupleValue, type Value } from "../../jinja/values/value.ts";
import { argument, fail, hostFunction, type Members, MembersValue, optional } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import { type Adapter, relationOf } from "./adapter.ts";
import { bindValues } from "./bindings.ts";
import { ColumnValue, translateType } from "./column.ts";
import { renderColumns, renderConstraints } from "./constraints.ts";
import { PATH_PARTS } from "./relation-path.ts";
import { expectSnapshotColumns, hardDeletes } from "./snapshot-target.ts";

export interface AdapterContext {
  /** `adapter.dispatch` of the node or macro that sees this object. */
  readonly dispatch: CallableValue;
  /** A macro that the node sees; undefined when there is none. */
  readonly macro: (name: string) => Stored | undefined;
}

/** `adapter` in templates. */
export function adapterObject(adapter: Adapter, context: AdapterContext): ObjectValue {
  return new AdapterValue(adapter, {
    ...statementMembers(adapter),
    ...relationMembers(adapter),
    ...cacheMembers(adapter),
    ...columnMembers(adapter),
    ...namingMembers(adapter),
    ...snapshotMembers(adapter),
    ...strategyMembers(adapter, context),
    type: () => hostFunction("type", [], () => adapter.warehouse.type),
    Relation: () => adapter.relations,
    Column: () => adapter.columnClass,
    behavior: () => BEHAVIOR,
    build_catalog_relation: () => hostFunction("build_catalog_relation", ["config"], () => null),
  });
}

class AdapterValue extends MembersValue {
  readonly #adapter: Adapter;

  constructor(adapter: Adapter, members: Members) {
    super("DatabaseWrapper", members);
    this.#adapter = adapter;
  }

  override attribute(name: string): Stored | undefined {
    return foundOr(super.attribute(name), () => this.#adapter.warehouse.member(this.#adapter, name));
  }
}

/** Flags of the adapter's behaviour: every one is off, and says so without a warning. */
const OFF = DictValue.of([
  ["no_warn", false],
  ["setting", false],
]);
const BEHAVIOR = new ObjectValue({ typeName: "Behavior", attribute: () => OFF });

function statementMembers(adapter: Adapter): Members {
  return {
    // The statement keeps its source map, so that what the server refuses is found in the model.
    execute: () =>
      new CallableValue("execute", (given) => {
        const sql = given.named.get("sql") ?? given.positional[0] ?? "";
        const limit = argument(given, 3, "limit") ?? null;
        return new TupleValue(
          adapter.execute(sql instanceof Rendering ? sql : toText(sql), {
            autoBegin: isTrue(argument(given, 1, "auto_begin") ?? false),
            fetch: isTrue(argument(given, 2, "fetch") ?? false),
            limit: limit === null ? undefined : Number(limit),
          }),
        );
      }),
    add_query: () =>
      hostFunction("add_query", ["sql", "auto_begin?", "bindings?", "abridge_sql_log?"], (found) => {
        const bindings = optional(found, 2);
        const sql =
          bindings === undefined ? found.text(0) : bindValues(found.text(0), iterate(bindings), adapter.warehouse.text);
        adapter.connection.execute(sql, isTrue(found.value(1, true)));
        return new TupleValue([null, null]);
      }),
    commit: () =>
      hostFunction("commit", [], () => {
        adapter.connection.commit();
        return null;
      }),
  };
}

function relationMembers(adapter: Adapter): Members {
  const relation = (found: BoundArguments, index: number, owner: string) => relationOf(found.value(index), owner);
  const act = (name: string, parameters: readonly string[], run: (found: BoundArguments) => void) => () =>
    hostFunction(name, parameters, (found) => {
      run(found);
      return null;
    });
  return {
    get_relation: () =>
      hostFunction("get_relation", ["database", "schema", "identifier"], (found) =>
        adapter.getRelation(toText(found.value(0)), toText(found.value(1)), toText(found.value(2))),
      ),
    list_relations: () =>
      hostFunction("list_relations", ["database", "schema"], (found) =>
        adapter.listRelations(toText(found.value(0)), toText(found.value(1))),
      ),
    list_relations_without_caching: () =>
      hostFunction("list_relations_without_caching", ["schema_relation"], (found) =>
        adapter.listSchema(relation(found, 0, "list_relations_without_caching()")),
      ),
    drop_relation: act("drop_relation", ["relation"], (found) => adapter.drop(relation(found, 0, "drop_relation()"))),
    truncate_relation: act("truncate_relation", ["relation"], (found) =>
      adapter.callMacro("truncate_relation", { relation: found.value(0) }),
    ),
    rename_relation: act("rename_relation", ["from_relation", "to_relation"], (found) =>
      adapter.rename(relation(found, 0, "rename_relation()"), relation(found, 1, "rename_relation()")),
    ),
    create_schema: act("create_schema", ["relation"], (found) =>
      adapter.createSchema(relation(found, 0, "create_schema()")),
    ),
    drop_schema: act("drop_schema", ["relation"], (found) => adapter.dropSchema(relation(found, 0, "drop_schema()"))),
    check_schema_exists: () =>
      hostFunction("check_schema_exists", ["database", "schema"], (found) =>
        adapter.schemaExists(toText(found.value(0)), toText(found.value(1))),
      ),
    already_exists: () =>
      hostFunction(
        "already_exists",
        ["schema", "name"],
        (found) => adapter.getRelation(adapter.database, toText(found.value(0)), toText(found.value(1))) !== null,
      ),
    standardize_grants_dict: () =>
      hostFunction("standardize_grants_dict", ["grants_table"], (found) => grantsOf(found.value(0))),
  };
}

/** Who has which privilege: the rows of `show grants` as a model's `grants` are written. */
function grantsOf(table: Value): DictValue {
  const grants = new DictValue();
  for (const row of table instanceof TableValue ? table.rows : []) {
    const privilege = row.item("privilege_type") ?? null;
    const known = grants.get(privilege);
    grants.set(privilege, [...(Array.isArray(known) ? known : []), row.item("grantee") ?? null]);
  }
  return grants;
}

function cacheMembers(adapter: Adapter): Members {
  return {
    cache_added: () =>
      hostFunction("cache_added", ["relation"], (found) => {
        adapter.cacheAdded(relationOf(found.value(0), "cache_added()"));
        return "";
      }),
    cache_dropped: () =>
      hostFunction("cache_dropped", ["relation"], (found) => {
        adapter.cacheDropped(relationOf(found.value(0), "cache_dropped()"));
        return "";
      }),
    cache_renamed: () =>
      hostFunction("cache_renamed", ["from_relation", "to_relation"], (found) => {
        adapter.cacheRenamed(
          relationOf(found.value(0), "cache_renamed()"),
          relationOf(found.value(1), "cache_renamed()"),
        );
        return "";
      }),
  };
}

function columnMembers(adapter: Adapter): Members {
  return {
    get_columns_in_relation: () =>
      hostFunction("get_columns_in_relation", ["relation"], (found) => [...adapter.columns(found.value(0))]),
    get_pseudocolumns_for_relation: () => hostFunction("get_pseudocolumns_for_relation", ["relation"], () => []),
    get_missing_columns: () =>
      hostFunction("get_missing_columns", ["from_relation", "to_relation"], (found) =>
        adapter.missingColumns(found.value(0), found.value(1)),
      ),
    expand_target_column_types: () =>
      hostFunction("expand_target_column_types", ["from_relation", "to_relation"], (found) => {
        adapter.expandColumns(found.value(0), found.value(1));
        return null;
      }),
    get_column_schema_from_query: () =>
      hostFunction("get_column_schema_from_query", ["sql"], (found) =>
        adapter
          .query(found.text(0), false)
          .columns.map(({ name, type }) =>
            ColumnValue.of(name, translateType(adapter.warehouse.typeName(type)), adapter.warehouse.columns),
          ),
      ),
    convert_type: () =>
      hostFunction("convert_type", ["agate_table", "col_idx"], (found) => {
        const table = found.value(0);
        return table instanceof TableValue
          ? adapter.warehouse.seedType(table, found.integer(1))
          : fail("convert_type() expects a table");
      }),
    render_raw_columns_constraints: () =>
      hostFunction("render_raw_columns_constraints", ["raw_columns"], (found) =>
        renderColumns(found.value(0), adapter.warehouse.constraints),
      ),
    render_raw_model_constraints: () =>
      hostFunction("render_raw_model_constraints", ["raw_constraints"], (found) =>
        renderConstraints(found.value(0), adapter.warehouse.constraints),
      ),
  };
}

function namingMembers({ warehouse, relations }: Adapter): Members {
  return {
    quote: () => hostFunction("quote", ["identifier"], (found) => warehouse.quote(toText(found.value(0)))),
    quote_as_configured: () =>
      hostFunction("quote_as_configured", ["identifier", "quote_key"], (found) => {
        const part = PATH_PARTS.find((each) => each === toText(found.value(1)));
        const identifier = toText(found.value(0));
        return part !== undefined && relations.quoting[part] ? warehouse.quote(identifier) : identifier;
      }),
    quote_seed_column: () =>
      hostFunction("quote_seed_column", ["column", "quote_config?"], (found) => {
        const quote = found.value(1);
        if (quote !== null && typeof quote !== "boolean")
          fail(`quote_columns must be true or false, found ${computed(toText(quote))}`);
        return quote === false ? found.text(0) : warehouse.quote(found.text(0));
      }),
  };
}

function snapshotMembers(adapter: Adapter): Members {
  return {
    valid_snapshot_target: () =>
      hostFunction("valid_snapshot_target", ["relation", "column_names?"], (found) => {
        expectSnapshotColumns(adapter, found.value(0), found.value(1), null);
        return null;
      }),
    assert_valid_snapshot_target_given_strategy: () =>
      hostFunction("assert_valid_snapshot_target_given_strategy", ["relation", "column_names", "strategy"], (found) => {
        expectSnapshotColumns(adapter, found.value(0), found.value(1), found.value(2));
        return null;
      }),
    get_hard_deletes_behavior: () =>
      hostFunction("get_hard_deletes_behavior", ["config"], (found, site) => hardDeletes(found.value(0), site)),
  };
}

/** Strategies that dbt itself has; a project may bring others. */
const BUILTIN_STRATEGIES = new Set(["append", "delete+insert", "merge", "insert_overwrite", "microbatch"]);

function strategyMembers({ warehouse }: Adapter, { dispatch, macro }: AdapterContext): Members {
  return {
    dispatch: () => dispatch,
    get_incremental_strategy_macro: () =>
      hostFunction("get_incremental_strategy_macro", ["model_context", "strategy"], (found) => {
        const strategy = toText(found.value(1) ?? "default");
        if (BUILTIN_STRATEGIES.has(strategy) && !warehouse.strategies.has(strategy)) {
          fail(`The incremental strategy '${strategy}' is not valid for this adapter`);
        }
        const name = `get_incremental_${strategy.replaceAll("+", "_")}_sql`;
        return plain(macro(name) ?? fail(`dbt could not find an incremental strategy macro with the name "${name}"`));
      }),
  };
}
