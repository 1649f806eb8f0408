import type { Warehouse } from "../warehouses.ts";

export const WAREHOUSE: Warehouse = {
  load: async (spec, context) => (await import("./load.ts")).loadIntoPostgres(spec, context),
  loadPart: async (...part) => (await import("./parts/load-part.ts")).loadPart(...part),
  connect: async (...asked) => (await import("./connect.ts")).askPostgres(...asked),
  dbt: async () => (await import("../dbt/warehouses/postgres.ts")).POSTGRES_DBT,
  checks: async () => (await import("./checks.ts")).POSTGRES_CHECKS,
  open: async (spec, connection, context) => {
    const [{ openSession }, { statementsOf }] = await Promise.all([import("./session.ts"), import("./statements.ts")]);
    const session = await openSession(spec, connection, context);
    return { ...statementsOf(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  loadDriver: async () => (await import("./session.ts")).loadDriver(),
};
