import type { TaskConnectionOf } from "#api/task.ts";
import type { Part, WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import type { ObjectStore } from "../../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import { type PostgresVersion, startPostgres, type TestDatabase } from "../servers/postgres.ts";
import { startS3Server } from "../servers/versitygw.ts";
import { aContext, aTask } from "../tasks/task.ts";
import { columnTypes } from "./column-types.ts";
import { packedObject } from "./packed-object.ts";

type LoadWork = WorkOf<"load">["load"];

/** What a load of files in a test says besides its connections. */
export interface FilesLoad extends Partial<Omit<LoadWork, "from" | "to">> {
  readonly files?: Record<string, string>;
  readonly format?: LoadWork["from"]["format"];
  readonly uid?: string;
  readonly attempt?: number;
  /** The part of a fan-out that loads. */
  readonly part?: Part;
}

/** A bucket and a warehouse, both real, for tests of one file. */
export interface Lake extends AsyncDisposable {
  readonly warehouse: TestDatabase;
  /** A new, empty warehouse for the next test. */
  newWarehouse(): Promise<void>;
  /** Writes an object. A name that ends with .gz or .zst is packed. */
  put(key: string, content: string | Buffer): Promise<void>;
  readonly store: ObjectStore;
  /** The bucket as a task sees it. */
  readonly connection: TaskConnectionOf<"s3">;
  /** The one directory that the last load could write to. */
  readonly workDirectory: string;
  /** Loads into schema raw as a run of its own, unless a uid is given; by default `titles.csv` into `titles`. */
  load(settings?: FilesLoad): ReturnType<typeof load>;
  /** The rows of a table in the order that they came in, every value as text. */
  rows(table: string): ReturnType<TestDatabase["query"]>;
  /** Column → type of a table. */
  types(table: string): Promise<Record<string, string | null>>;
}

export async function startLake(version: PostgresVersion = "18"): Promise<Lake> {
  const postgres = await startPostgres({}, undefined, version);
  const s3 = await startS3Server();
  const connection = s3.connection("lake");
  const store = await openObjectStore({ connections: { lake: connection } }, "lake", aContext());
  await store.createBucket();
  let warehouse = await postgres.createDatabase();
  let runs = 0;
  let workDirectory = "";
  return {
    get warehouse() {
      return warehouse;
    },
    get workDirectory() {
      return workDirectory;
    },
    store,
    connection,
    newWarehouse: async () => {
      warehouse = await postgres.createDatabase();
    },
    put: async (key, content) => {
      await store.write(key, packedObject(key, content), "application/octet-stream");
    },
    load: ({ files = { titles: "titles.csv" }, format, uid, attempt = 1, part, ...more } = {}) => {
      runs += 1;
      const from = { connection: "lake", schema: "public", files, ...(format === undefined ? {} : { format }) };
      const work: WorkOf<"load"> = {
        verb: "load",
        load: { from, to: { connection: "warehouse", schema: "raw" }, mode: "replace", ...more },
      };
      const connections = { lake: connection, warehouse: warehouse.connection() };
      const context = aContext(part === undefined ? {} : { part });
      workDirectory = context.workDirectory;
      return load(aTask({ work, connections, uid: uid ?? `run-${runs}`, attempt }), context);
    },
    rows: (table) => warehouse.query(`SELECT * FROM ${table} ORDER BY ctid`),
    types: (table) => columnTypes(warehouse, table),
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await s3.stop();
      await postgres.stop();
    },
  };
}
