import { namedConnection } from "../../connections/named-connection.ts";
import { readPostgresSettings } from "../../connections/postgres-settings.ts";
import { databaseFailure } from "../../postgres/failure.ts";
import { findProject, keepProject } from "../../postgres/kept-projects.ts";
import { nodeResultsTable } from "../../postgres/node-results.ts";
import { openSession } from "../../postgres/session.ts";
import { bridgeSession, configureForDbt } from "../bridge/postgres-session.ts";
import type { DbtWarehouse, RelationColumn } from "./dbt-warehouse.ts";

export const POSTGRES_DBT: DbtWarehouse = {
  adapter: "postgres",
  settings: async (spec, connection, redactor) =>
    await readPostgresSettings(connection, namedConnection(spec, connection, "postgres"), redactor),
  openThread: async (spec, connection, surroundings) => {
    const session = await openSession(spec, connection, surroundings, { configure: configureForDbt });
    return { ...bridgeSession(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  openKeeping: async (spec, connection, surroundings) => {
    const session = await openSession(spec, connection, surroundings);
    return {
      results: (schema, owner) => nodeResultsTable(session, schema, owner),
      keepProject: (schema, key, bytes) => keepProject(session, schema, key, bytes),
      findProject: (schema, key) => findProject(session, schema, key),
      columnsOf: async (relations) => {
        const schemas = relations.map(([schema]) => schema);
        const names = relations.map(([, name]) => name);
        return (await session.query<RelationColumn & Record<string, unknown>>(COLUMNS, [schemas, names])).rows;
      },
      [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
    };
  },
  failure: databaseFailure,
};

const COLUMNS = `SELECT n.nspname AS schema, c.relname AS relation, a.attname AS column
  FROM ROWS FROM (pg_catalog.unnest($1::text[]), pg_catalog.unnest($2::text[])) AS model (schema, name)
  JOIN pg_catalog.pg_namespace n ON n.nspname = model.schema
  JOIN pg_catalog.pg_class c ON c.relnamespace = n.oid AND c.relname = model.name
  JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;
