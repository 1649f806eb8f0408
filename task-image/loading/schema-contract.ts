/** What happens to rows that do not have the shape of their target. */
export type SchemaChange = "evolve" | "freeze" | "discardRow" | "discardValue";

/** The same for each way in which the shapes can differ: the table is missing, a column is new, a value does not fit its column's type. */
export interface SchemaContract {
  readonly tables: Exclude<SchemaChange, "discardValue">;
  readonly columns: SchemaChange;
  readonly types: SchemaChange;
  /** How far a column is widened where types evolve: within its family, or up to text. */
  readonly widening: Widening;
}

export type Widening = "family" | "text";

/** The fields of a manifest that say it. */
export interface ContractFields {
  readonly schemaChange?: SchemaChange | undefined;
  readonly schemaContract?: { readonly [Kind in keyof SchemaContract]?: SchemaContract[Kind] | undefined } | undefined;
}

/** `schemaChange` speaks of tables that are there; what `schemaContract` says of a kind wins. */
export function contractOf({ schemaChange = "evolve", schemaContract = {} }: ContractFields): SchemaContract {
  const { tables = "evolve", columns = schemaChange, types = schemaChange, widening = "family" } = schemaContract;
  return { tables, columns, types, widening };
}

/** Whether rows or values are left out, and so recorded. */
export function discards(change: SchemaChange): change is "discardRow" | "discardValue" {
  return change === "discardRow" || change === "discardValue";
}
