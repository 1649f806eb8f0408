import type { TaskConnection } from "#api/task.ts";
import type { CommandContext, WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import type { ObjectStore } from "../../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import { columnTypes } from "../loads/column-types.ts";
import type { FilesLoad } from "../loads/load-files.ts";
import { packedObject } from "../loads/packed-object.ts";
import type { TestDatabase } from "../servers/postgres.ts";
import { type S3Server, startS3Server } from "../servers/versitygw.ts";
import { aContext, aTask } from "../tasks/task.ts";
import { type Redshift, startRedshift } from "./server.ts";

type LoadWork = WorkOf<"load">["load"];

/** What a load of objects in a test says. */
export interface ObjectsLoad extends FilesLoad {
  readonly from?: Partial<LoadWork["from"]>;
  readonly to?: Partial<LoadWork["to"]>;
  readonly manifest?: string;
  /** Connections in place of, or beside, `lake` and `warehouse`. */
  readonly connections?: Readonly<Record<string, TaskConnection>>;
  readonly context?: CommandContext;
}

/** A bucket and a Redshift, for tests of one file. */
export interface RedshiftLake extends AsyncDisposable {
  readonly s3: S3Server;
  readonly store: ObjectStore;
  readonly redshift: Redshift;
  /** The warehouse as the Postgres behind the stand-in sees it. */
  readonly warehouse: TestDatabase;
  newWarehouse(): Promise<void>;
  /** Writes an object. A name that ends with .gz or .zst is packed. */
  put(key: string, content: string | Buffer): Promise<void>;
  /** Loads into schema raw as a run of its own, unless a uid is given; by default `titles.csv` into `titles`, by keys. */
  load(settings?: ObjectsLoad): ReturnType<typeof load>;
  /** The rows of a table, every value as text, ordered by all columns. */
  rows(table: string): Promise<readonly (readonly (string | null)[])[]>;
  types(table: string): Promise<Record<string, string | null>>;
}

export async function startRedshiftLake(): Promise<RedshiftLake> {
  const s3 = await startS3Server();
  const redshift = await startRedshift(s3);
  const connection = s3.connection("lake");
  const store = await openObjectStore({ connections: { lake: connection } }, "lake", aContext());
  await store.createBucket();
  let warehouse = await redshift.createDatabase();
  let runs = 0;
  return {
    s3,
    store,
    redshift,
    get warehouse() {
      return warehouse;
    },
    newWarehouse: async () => {
      warehouse = await redshift.createDatabase();
    },
    put: async (key, content) => {
      await store.write(key, packedObject(key, content), "application/octet-stream");
    },
    load: (parts = {}) => {
      runs += 1;
      const { files = { titles: "titles.csv" }, format, uid = `run-${runs}`, from, to, manifest, ...rest } = parts;
      const { attempt = 1, connections = {}, context = aContext(), ...more } = rest;
      const source = from ?? { files };
      const work: WorkOf<"load"> = {
        verb: "load",
        load: {
          from: { connection: "lake", schema: "public", ...source, ...(format === undefined ? {} : { format }) },
          to: { connection: "warehouse", schema: "raw", ...to },
          mode: "replace",
          ...more,
        },
        ...(manifest === undefined ? {} : { manifest }),
      };
      const all = { lake: connection, warehouse: redshift.connection(warehouse), ...connections };
      return load(aTask({ work, connections: all, uid, attempt }), context);
    },
    rows: async (table) => {
      const rows = await warehouse.query(`SELECT * FROM ${table} AS t ORDER BY t`);
      return rows.map((row) => Object.values(row));
    },
    types: (table) => columnTypes(warehouse, table),
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await redshift[Symbol.asyncDispose]();
      await s3.stop();
    },
  };
}
