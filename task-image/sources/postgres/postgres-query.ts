import type { FieldDef } from "pg";
import { singleStatement } from "../../checks/single-statement.ts";
import { ConfigurationError } from "../../errors.ts";
import { databaseFailure, isServerError } from "../../postgres/failure.ts";
import type { Session } from "../../postgres/session.ts";
import { type CatalogColumn, sourceColumn } from "./postgres-column.ts";
import type { SourceRows } from "./postgres-rows.ts";

/**
 * Begins the transaction that a query is read in and describes its columns; it runs no further than its plan. Throws a
 * ConfigurationError for what is not one SELECT or has two columns of one name.
 */
export async function beginQuerySnapshot(session: Session, sql: string): Promise<SourceRows> {
  const { connection } = session.settings;
  const statement = singleStatement(sql);
  if (statement === undefined) {
    throw new ConfigurationError("QueryNotOneStatement", `from.query of connection ${connection}: expected one SELECT`);
  }
  await session.query("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  const from = `(\n${statement}\n) AS q`;
  const fields = await describe(session, from, statement);
  const repeated = fields.find(({ name }, index) => fields.findIndex((other) => other.name === name) < index);
  if (repeated !== undefined) {
    throw new ConfigurationError(
      "RepeatedColumn",
      `from.query of connection ${connection}: two columns are called ${repeated.name}. Give one of them another name by AS`,
    );
  }
  return { columns: (await readTypes(session, fields)).map(sourceColumn), from };
}

async function describe(session: Session, from: string, statement: string): Promise<readonly FieldDef[]> {
  const before = "SELECT * FROM ";
  try {
    return (await session.query(`${before}${from} LIMIT 0`)).fields;
  } catch (error) {
    // The position counts the words around the query too: two characters open the parenthesis.
    const position = isServerError(error) ? Number(error.position) - before.length - 2 : Number.NaN;
    throw databaseFailure(
      error,
      `from.query of connection ${session.settings.connection}${place(statement, position)}`,
    );
  }
}

/** `, line 2, column 8` for a position that lies in the statement, in characters from 1. */
function place(statement: string, position: number): string {
  const before = [...statement].slice(0, position - 1).join("");
  if (!(position >= 1 && position <= statement.length + 1)) return "";
  const lines = before.split("\n");
  return `, line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

/** Domains are already the types below them here (RowDescription, PostgreSQL documentation, 54.7). */
const TYPES = `
SELECT f.name, false AS "notNull", e.typname::text AS "typeName",
  (t.typcategory = 'A' AND t.typelem <> 0) AS "isArray",
  (e.typnamespace = 'pg_catalog'::regnamespace AND e.oid < 16384) AS "isBuiltIn",
  pg_catalog.format_type(f.typid, f.typmod) AS declaration
FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::oid[]), pg_catalog.unnest($3::int[])) WITH ORDINALITY AS f(name, typid, typmod, place)
JOIN pg_catalog.pg_type t ON t.oid = f.typid
JOIN pg_catalog.pg_type e ON e.oid = CASE WHEN t.typcategory = 'A' AND t.typelem <> 0 THEN t.typelem ELSE t.oid END
ORDER BY f.place`;

async function readTypes(session: Session, fields: readonly FieldDef[]): Promise<readonly CatalogColumn[]> {
  const { rows } = await session.query<CatalogColumn>(TYPES, [
    fields.map(({ name }) => name),
    fields.map(({ dataTypeID }) => dataTypeID),
    fields.map(({ dataTypeModifier }) => dataTypeModifier),
  ]);
  return rows;
}
