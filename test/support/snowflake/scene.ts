import type { TaskConnectionOf } from "#api/task.ts";
import type { Outcome, WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import type { ObjectStore } from "../../../task-image/object-store/object-store.ts";
import { openObjectStore } from "../../../task-image/object-store/opening.ts";
import type { FilesLoad } from "../loads/load-files.ts";
import { packedObject } from "../loads/packed-object.ts";
import { type S3Server, startS3Server } from "../servers/versitygw.ts";
import { aContext, aTask } from "../tasks/task.ts";
import { type SnowflakeServer, startSnowflake } from "./snowflake.ts";

const BUCKET = "lake";

/** A load of a test, and which of them it is. */
export interface SnowflakeLoad extends FilesLoad {
  readonly warehouse?: TaskConnectionOf<"snowflake">;
  readonly lake?: TaskConnectionOf<"s3">;
  readonly context?: ReturnType<typeof aContext>;
}

/** A bucket, a Snowflake that reads it, and loads from one into the other. */
export interface SnowflakeScene extends AsyncDisposable {
  readonly s3: S3Server;
  readonly store: ObjectStore;
  readonly snowflake: SnowflakeServer;
  /** An empty warehouse for the next test, whose connections are not lost. */
  newWarehouse(): Promise<void>;
  /** Writes an object. A name that ends with .gz or .zst is packed. */
  put(key: string, content: string | Buffer): Promise<void>;
  /** Loads into schema raw as a run of its own, unless a uid is given; by default `films.csv` into `films`. */
  load(settings?: SnowflakeLoad): Promise<Outcome>;
  /** The rows of a table, in the order of their first column. */
  rows(table: string): ReturnType<SnowflakeServer["query"]>;
  /** Column → type, as the catalog writes it. */
  types(table: string): Promise<Readonly<Record<string, string>>>;
}

export async function startSnowflakeScene(): Promise<SnowflakeScene> {
  const s3 = await startS3Server();
  const snowflake = await startSnowflake({ store: s3 });
  const lake = s3.connection(BUCKET);
  const store = await openObjectStore({ connections: { lake } }, "lake", aContext());
  await store.createBucket();
  let runs = 0;
  return {
    s3,
    store,
    snowflake,
    newWarehouse: async () => {
      snowflake.lose(() => undefined);
      await snowflake.query(`DROP SCHEMA IF EXISTS "RAW" CASCADE`);
    },
    put: async (key, content) => {
      await store.write(key, packedObject(key, content), "application/octet-stream");
    },
    load: ({
      files = { films: "films.csv" },
      format,
      uid,
      attempt = 1,
      warehouse,
      lake: bucket,
      context,
      ...more
    } = {}) => {
      runs += 1;
      const from = { connection: "lake", schema: "public", files, ...(format === undefined ? {} : { format }) };
      const work: WorkOf<"load"> = {
        verb: "load",
        load: { from, to: { connection: "warehouse", schema: "raw" }, mode: "replace", ...more },
      };
      const connections = { lake: bucket ?? lake, warehouse: warehouse ?? snowflake.connection() };
      return load(aTask({ work, connections, uid: uid ?? `run-${runs}`, attempt }), context ?? aContext());
    },
    rows: (table) => snowflake.query(`SELECT * FROM "RAW"."${table}" ORDER BY 1`),
    types: async (table) => {
      const rows = await snowflake.query(`DESCRIBE TABLE "RAW"."${table}"`);
      return Object.fromEntries(rows.map(({ name, type }) => [name ?? "", type ?? ""]));
    },
    [Symbol.asyncDispose]: async () => {
      await store[Symbol.asyncDispose]();
      await snowflake.stop();
      await s3.stop();
    },
  };
}
