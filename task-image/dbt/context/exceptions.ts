import { computed } from "../../jinja/row-values.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { saidArgument } from "../../jinja/said-text.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, ObjectValue, type Value } from "../../jinja/values/value.ts";
import { ColumnValue } from "../adapter/column.ts";
import { argument, fail, hostFunction } from "../values/host-function.ts";

/** Functions that raise whatever they are given. */
const RAISING = new Set([
  "raise_compiler_error",
  "raise_database_error",
  "raise_dependency_error",
  "raise_not_implemented",
  "raise_parsing_error",
  "raise_fail_fast_error",
  "raise_ambiguous_alias",
  "raise_ambiguous_catalog_match",
  "raise_cache_inconsistent",
  "raise_dataclass_not_dict",
  "raise_invalid_property_yml_version",
  "invalid_type_error",
  "missing_materialization",
  "disallow_secret_env_var",
]);

/** `exceptions` in templates; `warn` gets the warnings. */
export function exceptionsObject(warn: (message: string) => void): ObjectValue {
  const member = (name: string): CallableValue | undefined => {
    if (RAISING.has(name))
      return new CallableValue(name, (given, site) => {
        const said = given.positional.map((_, index) => saidArgument(given, site, index));
        return fail([...said, ...[...given.named.keys()].map((key) => saidArgument(given, site, -1, key))].join(" "));
      });
    switch (name) {
      case "warn":
        return new CallableValue(name, (given, site) => {
          warn(saidArgument(given, site, 0, "msg"));
          return "";
        });
      case "warn_snapshot_timestamp_data_types":
        return hostFunction(name, ["snapshot_time_data_type", "updated_at_data_type"], (found) => {
          warn(
            `Data type of snapshot table timestamp columns (${toText(found.value(0))}) doesn't match derived column 'updated_at' (${toText(found.value(1))}). Please update snapshot config 'updated_at'.`,
          );
          return "";
        });
      case "missing_config":
        return hostFunction(name, ["model", "name"], (found) =>
          fail(`the model does not define the required config parameter '${computed(toText(found.value(1)))}'`),
        );
      case "missing_relation":
        return hostFunction(name, ["relation", "model?"], (found) =>
          fail(`Relation ${computed(toText(found.value(0)))} not found!`),
        );
      case "relation_wrong_type":
        return new CallableValue(name, (given) =>
          wrongType(argument(given, 0, "relation") ?? null, toText(argument(given, 1, "expected_type") ?? "")),
        );
      case "raise_contract_error":
        return hostFunction(name, ["yaml_columns", "sql_columns"], (found) =>
          brokenContract(found.value(0), found.value(1)),
        );
      case "column_type_missing":
        return hostFunction(name, ["column_names"], (found) =>
          fail(
            `Contracted models require data_type to be defined for each column. Please ensure that the column name and data_type are defined within the YAML configuration for the ${computed(toText(found.value(0)))} column(s).`,
          ),
        );
      default:
        return undefined;
    }
  };
  return new ObjectValue({ typeName: "exceptions", attribute: member });
}

function wrongType(relation: Value, expected: string): never {
  const type = relation instanceof ObjectValue ? relation.attribute("type") : null;
  return fail(
    `Trying to create ${computed(expected)} ${computed(toText(relation))}, but it currently exists as a ${toText(plain(type ?? null))}. Either drop ${computed(toText(relation))} manually, or run dbt with \`--full-refresh\` and dbt will drop it for you.`,
  );
}

interface Found {
  readonly name: string;
  readonly type: string;
}

/** Which columns of a contract and of the model's query do not fit each other, as dbt shows them. */
function brokenContract(contract: Value, query: Value): never {
  const [wanted, found] = [columnsOf(contract), columnsOf(query)];
  const names = [...new Set([...found, ...wanted].map(({ name }) => name))].sort();
  const rows = names.flatMap((name) => {
    const [inContract, inQuery] = [wanted, found].map((list) => list.find((each) => each.name === name));
    if (inContract === undefined) return [[name, inQuery?.type ?? "", "", "missing in contract"]];
    if (inQuery === undefined) return [[name, "", inContract.type, "missing in definition"]];
    return inContract.type === inQuery.type ? [] : [[name, inQuery.type, inContract.type, "data type mismatch"]];
  });
  const header = ["column_name", "definition_type", "contract_type", "mismatch_reason"];
  const widths = header.map((title, index) => Math.max(title.length, ...rows.map((row) => row[index]?.length ?? 0)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, index) => cell.padEnd(widths[index] ?? 0)).join(" | ")} |`;
  const rule = line(widths.map((width) => "-".repeat(width)));
  return fail(
    `This model has an enforced contract that failed.\nPlease ensure the name, data_type, and number of columns in your contract match the columns in your model's definition.\n\n${[line(header), rule, ...rows.map(line)].join("\n")}\n`,
  );
}

function columnsOf(columns: Value): Found[] {
  return iterate(columns).map((column) => {
    if (column instanceof ColumnValue) return { name: column.data.name, type: column.dataType };
    const read = (key: string) => {
      const item =
        column instanceof ObjectValue
          ? column.attribute(key)
          : (column as unknown as { get?(key: string): Value }).get?.(key);
      return toText(plain(item ?? ""));
    };
    return { name: read("name"), type: read("data_type") };
  });
}
