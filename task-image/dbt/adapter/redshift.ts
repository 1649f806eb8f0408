import { fail, hostFunction } from "../values/host-function.ts";
import type { TableValue } from "../values/table.ts";
import { ResponseValue, responseOf } from "./answers.ts";
import { BASE_COLUMNS } from "./column-dialect.ts";
import { convertType } from "./convert-type.ts";
import { linkBy, POSTGRES_WAREHOUSE } from "./postgres.ts";
import type { Warehouse } from "./warehouse.ts";

/** Settings of dbt's profile for Redshift that kelt's connection does not have. */
const SETTINGS = { use_show_apis: false, drop_without_cascade: false, use_grants_extended: false } as const;

/** Bytes of a column of texts that is empty. */
const TEXT_BYTES = 64;

const NO_MATERIALIZED_VIEW =
  "materialized views of Redshift are not built yet: materialize the model as a table or a view, or build it in a container node with dbt's own image";

/** What dbt-redshift does beside its macros. It builds upon dbt-postgres. */
export const REDSHIFT_WAREHOUSE: Warehouse = {
  ...POSTGRES_WAREHOUSE,
  type: "redshift",
  types: ["redshift", "postgres"],
  relationName: "RedshiftRelation",
  identifierMax: 127,
  renameable: new Set(["view", "table"]),
  replaceable: new Set(["view"]),
  columns: BASE_COLUMNS,
  relationMember: (_, name) =>
    name === "from_config" || name === "materialized_view_config_changeset"
      ? hostFunction(name, ["config?", "relation_config?"], () => fail(NO_MATERIALIZED_VIEW))
      : undefined,
  // Its driver has no word for what a statement did.
  response: (result) => new ResponseValue("SUCCESS", null, responseOf(result).rowsAffected),
  text: redshiftText,
  seedType,
  copiesSeeds: false,
  // Two that are dropped at once with what reads them disturb each other (dbt-redshift, `fresh_transaction`).
  dropsAlone: true,
  constraints: new Set(["not_null", "unique", "primary_key", "foreign_key"]),
  member: (_, name) => {
    if (name in SETTINGS) return hostFunction(name, [], () => SETTINGS[name as keyof typeof SETTINGS]);
    // Clusters of RA3 nodes read other databases; one that does not says so itself.
    return name === "verify_database" ? hostFunction(name, ["database"], () => "") : undefined;
  },
  linkRelations: (adapter) => linkBy(adapter, "redshift__get_relations"),
};

/** A backslash in a literal may mean something else, so that none stands in one. */
function redshiftText(text: string): string {
  const parts = text.split("\\").map((part) => `'${part.replaceAll("'", "''")}'`);
  return parts.length === 1 ? (parts[0] ?? "''") : `(${parts.join(" || CHR(92) || ")})`;
}

/** Texts are as long as the longest one in bytes: `text` would be 256. */
function seedType(table: TableValue, index: number): string {
  const type = convertType(table, index);
  if (type !== "text") return type;
  const lengths = table.cells.flatMap((cells) => {
    const cell = cells[index] ?? null;
    return typeof cell === "string" ? [Buffer.byteLength(cell)] : [];
  });
  return `varchar(${lengths.length === 0 ? TEXT_BYTES : lengths.reduce((longest, each) => Math.max(longest, each), 0)})`;
}
