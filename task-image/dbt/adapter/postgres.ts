import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import type { CallableValue } from "../../jinja/values/value.ts";
import { fail, hostFunction } from "../values/host-function.ts";
import type { Adapter } from "./adapter.ts";
import { responseOf } from "./answers.ts";
import { postgresText } from "./bindings.ts";
import { POSTGRES_COLUMNS } from "./column-dialect.ts";
import { convertType } from "./convert-type.ts";
import { indexChanges, parseIndex } from "./index-config.ts";
import { postgresTypeName, postgresValue } from "./postgres-values.ts";
import type { Warehouse } from "./warehouse.ts";

const REPLACED = new Set(["view", "table"]);

/** What dbt-postgres does beside its macros. */
export const POSTGRES_WAREHOUSE: Warehouse = {
  type: "postgres",
  types: ["postgres"],
  columns: POSTGRES_COLUMNS,
  relationName: "PostgresRelation",
  identifierMax: 63,
  renameable: REPLACED,
  replaceable: REPLACED,
  quote: (identifier) => `"${identifier}"`,
  relationMember: (_, name) =>
    name === "get_materialized_view_config_change_collection"
      ? hostFunction(name, ["relation_results", "relation_config"], (found) =>
          indexChanges(found.value(0), found.value(1)),
        )
      : undefined,
  value: postgresValue,
  response: responseOf,
  text: postgresText,
  seedType: convertType,
  copiesSeeds: true,
  dropsAlone: false,
  typeName: postgresTypeName,
  strategies: new Set(["append", "delete+insert", "merge", "microbatch"]),
  constraints: new Set(["check", "not_null", "unique", "primary_key", "foreign_key"]),
  member: (adapter, name) => {
    if (name === "verify_database") return verifyDatabase(adapter);
    return name === "parse_index"
      ? hostFunction(name, ["raw_index"], (found) => parseIndex(found.value(0), adapter.now))
      : undefined;
  },
  linkRelations: (adapter) => linkBy(adapter, "postgres__get_relations"),
};

/** Which relations read which others, as a macro's rows say. */
export function linkBy(adapter: Adapter, macro: string): void {
  const { database, relations } = adapter;
  for (const row of iterate(adapter.callMacro(macro, {}))) {
    const [schema = "", name = "", readSchema = "", readName = ""] = iterate(row).map(toText);
    const [dependent, referenced] = [
      relations.make({ database, schema, identifier: name }),
      relations.make({ database, schema: readSchema, identifier: readName }),
    ];
    adapter.cacheLink(dependent, referenced);
  }
}

function verifyDatabase({ database }: Adapter): CallableValue {
  return hostFunction("verify_database", ["database"], (found) => {
    const given = toText(found.value(0)).replace(/^"+|"+$/g, "");
    if (given.toLowerCase() === database.toLowerCase()) return "";
    return fail(`Cross-db references not allowed in postgres (${given} vs ${database})`);
  });
}
