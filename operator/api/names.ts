import { text } from "./fields.ts";

/** Name of a connection, as a node's verb says it. */
export const connectionKey = text("Name of an entry of spec.connections.", { max: 40 });
export const schemaName = (what: string) => text(what, { max: 63 });
export const tableName = text("A table, as `table` or `schema.table`.", { max: 127 });
export const columnName = text("A column.", { max: 63 });
