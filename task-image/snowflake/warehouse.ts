import type { Warehouse } from "../warehouses.ts";

export const WAREHOUSE: Warehouse = {
  load: async (spec, context) => {
    const [{ loadObjects }, { openSnowflake }] = await Promise.all([
      import("../objects/object-load.ts"),
      import("./object-warehouse.ts"),
    ]);
    return await loadObjects(spec, context, openSnowflake);
  },
  connect: async (...asked) => (await import("./connect.ts")).askSnowflake(...asked),
  checks: async () => (await import("./checks.ts")).SNOWFLAKE_CHECKS,
  open: async (spec, connection, context) => {
    const [{ openSnowflakeSession }, { snowflakeStatements }] = await Promise.all([
      import("./session.ts"),
      import("./dialect.ts"),
    ]);
    const session = await openSnowflakeSession(spec, connection, context);
    return { ...snowflakeStatements(session), [Symbol.asyncDispose]: () => session[Symbol.asyncDispose]() };
  },
  loadDriver: async () => (await import("./driver.ts")).loadDriver(),
};
