import { SnowflakeFailure } from "./failure.ts";
import type { Reader } from "./sql-text.ts";

/** Snowflake documentation, "Summary of data types": those that columns of a table have, with their other names. */
const TYPES = new Set(
  `NUMBER DECIMAL DEC NUMERIC INT INTEGER BIGINT SMALLINT TINYINT BYTEINT FLOAT FLOAT4 FLOAT8 DOUBLE REAL VARCHAR CHAR CHARACTER NCHAR
   STRING TEXT NVARCHAR BINARY VARBINARY BOOLEAN DATE DATETIME TIME TIMESTAMP TIMESTAMP_LTZ TIMESTAMPLTZ TIMESTAMP_NTZ TIMESTAMPNTZ
   TIMESTAMP_TZ TIMESTAMPTZ VARIANT OBJECT ARRAY GEOGRAPHY GEOMETRY VECTOR`.split(/\s+/),
);

/** Throws for a column list that names a type which DuckDB has and Snowflake has not. The list is taken when it comes next. */
export function refuseUnknownTypes(reader: Reader): void {
  if (reader.next?.kind !== "sign" || reader.next.text !== "(") return;
  for (const [, type] of reader.group()) {
    if (type === undefined || TYPES.has(type.text)) continue;
    throw new SnowflakeFailure("002040", "0A000", `SQL compilation error:\nUnsupported data type '${type.text}'.`);
  }
}
