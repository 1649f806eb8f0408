import type { TestDatabase } from "../../../test/support/servers/postgres.ts";
import { aTask } from "../../../test/support/tasks/task.ts";
import { type Measured, measureTask } from "./measured-task.ts";

/** Without fsync the disk of the machine is not what is measured; a checkpoint in the middle would be. */
export const SERVER_SETTINGS = { max_wal_size: "8GB", shared_buffers: "256MB" };

/** A new database with a table `films` of eight columns of the usual types. */
export async function fillFilms(server: { createDatabase(): Promise<TestDatabase> }, rows: number) {
  const source = await server.createDatabase();
  await source.query(`CREATE TABLE films AS SELECT i::int AS film_id, 'title number ' || i AS title,
    ((i % 1000) / 7.0)::numeric(12, 6) AS price, date '2020-01-01' + (i % 2000)::int AS release_date,
    timestamptz '2020-01-01' + i * interval '1 second' AS seen_at, i * 1.5::float8 AS score, i % 2 = 0 AS available,
    md5(i::text) AS code FROM generate_series(1, ${rows}) AS i`);
  await source.query("VACUUM (ANALYZE, FREEZE) films");
  return { source, rows };
}

/** The table of a database and how many rows it has. */
export type Films = Awaited<ReturnType<typeof fillFilms>>;

/** Loads the table into schema raw of a warehouse by the bundle `main` of the task image, in place of what is there. */
export async function measureFilms(
  main: string,
  { source, rows }: Films,
  warehouse: TestDatabase,
  parallel = 1,
): Promise<Measured> {
  await warehouse.query("DROP SCHEMA IF EXISTS raw CASCADE");
  await warehouse.query("CHECKPOINT");
  const spec = aTask({
    work: {
      verb: "load",
      load: {
        from: { connection: "source", schema: "public", tables: ["films"], parallel },
        to: { connection: "warehouse", schema: "raw" },
        mode: "replace",
      },
    },
    connections: { source: source.connection(), warehouse: warehouse.connection() },
  });
  const measured = await measureTask(main, spec);
  await expectRows(warehouse, "raw.films", rows);
  return measured;
}

export async function expectRows(database: TestDatabase, table: string, rows: number): Promise<void> {
  const [row] = await database.query(`SELECT count(*) FROM ${table}`);
  if (row?.count !== String(rows)) throw new Error(`${table} has ${row?.count} rows, expected ${rows}`);
}
