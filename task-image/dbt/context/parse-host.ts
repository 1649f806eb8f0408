import type { Source } from "../../jinja/running/scope.ts";
import type { DictValue } from "../../jinja/values/dict-value.ts";
import { foundOr, type Stored, type Value } from "../../jinja/values/value.ts";
import { Adapter } from "../adapter/adapter.ts";
import { adapterObject } from "../adapter/adapter-object.ts";
import { Connection } from "../adapter/connection.ts";
import { policyFromDict } from "../adapter/quoting.ts";
import { readingAdapter } from "../adapter/reading-adapter.ts";
import { RelationCache } from "../adapter/relation-cache.ts";
import { RelationClass } from "../adapter/relation-class.ts";
import type { PathPolicy } from "../adapter/relation-path.ts";
import type { Warehouse } from "../adapter/warehouse.ts";
import type { ParseHost, RelationPlace } from "../manifest/parse-host.ts";
import { toValue } from "../project/template-values.ts";
import { fail, hostFunction } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import { StatementResults } from "./results.ts";
import { runtimeConfig } from "./runtime-config.ts";
import { type Surroundings, sharedValues } from "./shared-values.ts";

export interface ReadingOptions {
  readonly warehouse: Warehouse;
  readonly database: string;
  readonly surroundings: Omit<Surroundings, "relations" | "columns">;
  /** The root project's `quoting`. */
  readonly quoting: PathPolicy;
}

/** Names that a run has for each node: while a project is read there are no results, hooks and rows. */
function withReadingValues(shared: Source, target: DictValue): Source {
  const results = new StatementResults();
  const values = new Map<string, Stored>([
    ["database", target.get("database") ?? null],
    ["schema", target.get("schema") ?? null],
    ["pre_hooks", []],
    ["post_hooks", []],
    ["sql", null],
    ["compiled_code", null],
    ["defer_relation", null],
    ["context_macro_stack", null],
    ["sql_now", "now()"],
    ["selected_resources", []],
    ["load_agate_table", hostFunction("load_agate_table", [], () => TableValue.EMPTY)],
    ["render", hostFunction("render", ["string"], (found) => found.text(0))],
    ["write", hostFunction("write", ["payload"], () => "")],
    ["submit_python_job", hostFunction("submit_python_job", ["parsed_model", "compiled_code"], () => null)],
  ]);
  return {
    get: (name) => foundOr(values.get(name), () => foundOr(results.member(name), () => shared.get(name))),
    names: () => [...values.keys(), ...shared.names()],
  };
}

/** What reading a project needs of adapter and context. Nothing of it sends SQL. */
export function parseHost({ warehouse, database, surroundings, quoting }: ReadingOptions): ParseHost {
  const relations = new RelationClass(warehouse, quoting);
  const shared = withReadingValues(
    sharedValues({ ...surroundings, relations, columns: warehouse.columns }),
    surroundings.target,
  );
  const silent = () => fail("while a project is read, nothing is asked of the database");
  const adapter = new Adapter({
    warehouse,
    database,
    relations,
    connection: new Connection({ run: silent, copy: silent, inTurn: silent }),
    cache: new RelationCache(),
    callMacro: silent,
    now: () => "",
  });
  return {
    adapterTypes: warehouse.types,
    shared,
    adapter: (namespace): Value => {
      const dispatch = namespace.dispatchFunction();
      return readingAdapter(adapterObject(adapter, { dispatch, macro: (name) => namespace.get(name) }));
    },
    relation: ({ database: owner, schema, identifier, quoting: own }: RelationPlace) =>
      relations.make({ database: owner, schema, identifier }, { quote: policyFromDict(quoting, toValue(own)) }),
    runtimeConfig: (facts) => runtimeConfig(facts, surroundings),
    storesFailures: surroundings.flags.get("STORE_FAILURES") === true,
    quote: (name) => warehouse.quote(name),
  };
}
