import { namedConnection } from "../connections/named-connection.ts";
import { readPostgresSettings } from "../connections/postgres-settings.ts";
import { bridgeSession } from "../dbt/bridge/postgres-session.ts";
import type { DbtWarehouse } from "../dbt/warehouses/dbt-warehouse.ts";
import { openKeeping } from "../dbt/warehouses/own-tables.ts";
import { redshiftStatements } from "./dialect.ts";
import { redshiftFailure } from "./failure.ts";
import { openRedshiftSession } from "./session.ts";

/** The same protocol as Postgres, and settings of Redshift's own. */
export const REDSHIFT_DBT: DbtWarehouse = {
  adapter: "redshift",
  settings: async (spec, connection, redactor) =>
    await readPostgresSettings(connection, namedConnection(spec, connection, "redshift"), redactor),
  openThread: async (spec, connection, surroundings) => {
    const session = await openRedshiftSession(spec, connection, surroundings);
    return { ...bridgeSession(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  openKeeping: async (spec, connection, surroundings) => {
    const session = await openRedshiftSession(spec, connection, surroundings);
    const statements = redshiftStatements(session);
    const opened = { ...statements, [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
    return openKeeping(opened, surroundings.wallClock);
  },
  failure: redshiftFailure,
};
