import type { WarehouseKind } from "#api/verbs/verb.ts";
import { WAREHOUSES } from "../../../task-image/warehouses.ts";
import { type TextRow, type WarehouseUnderTest, warehouseContract } from "../../contract/warehouse-suite.ts";
import { startLake } from "../../support/loads/load-files.ts";
import { startRedshiftLake } from "../../support/redshift/lake.ts";
import type { TestDatabase } from "../../support/servers/postgres.ts";
import { startSnowflakeScene } from "../../support/snowflake/scene.ts";

/** One for every entry: a kind without one does not compile. */
const STARTS: Readonly<Record<WarehouseKind, () => Promise<WarehouseUnderTest>>> = {
  postgres: async () => {
    const lake = await startLake();
    return {
      empty: () => lake.newWarehouse(),
      put: (name, content) => lake.put(name, content),
      load: (parts) => lake.load(parts),
      rows: (table) => rowsOf(lake.warehouse, table),
      makeView: (name) => lake.warehouse.query(`CREATE VIEW raw.${name} AS SELECT 1 AS id`),
      [Symbol.asyncDispose]: () => lake[Symbol.asyncDispose](),
    };
  },
  redshift: async () => {
    const lake = await startRedshiftLake();
    return {
      empty: () => lake.newWarehouse(),
      put: (name, content) => lake.put(name, content),
      load: (parts) => lake.load(parts),
      rows: (table) => rowsOf(lake.warehouse, table),
      makeView: (name) => lake.warehouse.query(`CREATE VIEW raw.${name} AS SELECT 1 AS id`),
      [Symbol.asyncDispose]: () => lake[Symbol.asyncDispose](),
    };
  },
  snowflake: async () => {
    const scene = await startSnowflakeScene();
    return {
      empty: () => scene.newWarehouse(),
      put: (name, content) => scene.put(name, content),
      load: (parts) => scene.load(parts),
      rows: async (table) => {
        const known = await scene.snowflake.query(
          `SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = 'RAW' AND TABLE_NAME = '${table.toUpperCase()}'`,
        );
        if (known.length === 0) return undefined;
        return (await scene.rows(table.toUpperCase())).map(inSmallLetters);
      },
      makeView: (name) => scene.snowflake.statement(`CREATE VIEW "RAW"."${name.toUpperCase()}" AS SELECT 1 AS "ID"`),
      [Symbol.asyncDispose]: () => scene[Symbol.asyncDispose](),
    };
  },
};

async function rowsOf(database: TestDatabase, table: string): Promise<readonly TextRow[] | undefined> {
  const [known] = await database.query(`SELECT to_regclass('raw.${table}') AS found`);
  return known?.found == null ? undefined : await database.query(`SELECT * FROM raw.${table}`);
}

function inSmallLetters(row: Readonly<Record<string, string | null>>): TextRow {
  return Object.fromEntries(Object.entries(row).map(([name, value]) => [name.toLowerCase(), value]));
}

for (const kind of Object.keys(WAREHOUSES) as WarehouseKind[]) warehouseContract(kind, STARTS[kind]);
