import { ObjectValue, type Value } from "../jinja/values/value.ts";
import { quoteIdentifier, type TableName } from "../sql/identifier.ts";

/** A table or view as `ref`, `source` and `this` give it: printed as SQL, with the attributes of dbt's Relation. */
export function relationValue({ schema, table }: TableName, database?: string): ObjectValue {
  const attributes = new Map<string, Value>([
    ["schema", schema],
    ["identifier", table],
    ["name", table],
    ["table", table],
  ]);
  if (database !== undefined) attributes.set("database", database);
  const parts = [database, schema, table].filter((part) => part !== undefined);
  return new ObjectValue({
    typeName: "Relation",
    attribute: (name) => attributes.get(name),
    text: parts.map(quoteIdentifier).join("."),
  });
}
