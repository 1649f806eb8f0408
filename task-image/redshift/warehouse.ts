import type { Warehouse } from "../warehouses.ts";

export const WAREHOUSE: Warehouse = {
  load: async (spec, context) => {
    const [{ loadObjects }, { openRedshift }] = await Promise.all([
      import("../objects/object-load.ts"),
      import("./object-warehouse.ts"),
    ]);
    return await loadObjects(spec, context, openRedshift);
  },
  connect: async (...asked) => (await import("./connect.ts")).askRedshift(...asked),
  dbt: async () => (await import("./dbt.ts")).REDSHIFT_DBT,
  checks: async () => (await import("./checks.ts")).REDSHIFT_CHECKS,
  open: async (spec, connection, context) => {
    const [{ openRedshiftSession }, { redshiftStatements }] = await Promise.all([
      import("./session.ts"),
      import("./dialect.ts"),
    ]);
    const session = await openRedshiftSession(spec, connection, context);
    return { ...redshiftStatements(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  loadDriver: async () => (await import("../postgres/session.ts")).loadDriver(),
};
