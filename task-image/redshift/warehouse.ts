import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readS3Settings } from "../connections/s3-settings.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { ownObjects } from "../object-store/own-objects.ts";
import { quoteTable, showTable } from "../postgres/identifier.ts";
import { type LoadedTable, type LoadRecord, loadId } from "../postgres/load-record.ts";
import { commit } from "../postgres/load-transaction.ts";
import type { Session } from "../postgres/session.ts";
import { LOADS_TABLE, REJECTS_TABLE } from "../postgres/state-tables.ts";
import { refuseLoadedMeanwhile, takesRowsAway } from "../warehouse/loaded-objects.ts";
import type { ObjectWarehouse, Publishing, StagedObjects } from "../warehouse/object-warehouse.ts";
import { type CopyBucket, copyBucket } from "./copy-objects.ts";
import { redshiftFailure } from "./failure.ts";
import { foldTable } from "./identifier.ts";
import { findLoad, recordLoad } from "./load-record.ts";
import { forgetFiles, insertRows, recordFiles, withoutLoaded } from "./loaded-files.ts";
import { publishTable } from "./publication.ts";
import { openRedshiftSession } from "./session.ts";
import { type Staged, stageObjects } from "./staging.ts";
import { lockLoads, prepareSchema } from "./state-tables.ts";

/** Opens a connection of kind redshift for a load from the bucket of another connection. */
export async function openRedshift(
  spec: TaskSpec,
  names: { readonly warehouse: string; readonly bucket: string },
  context: CommandContext,
): Promise<ObjectWarehouse> {
  const { iamRole } = namedConnection(spec, names.warehouse, "redshift");
  const settings = await readS3Settings(names.bucket, namedConnection(spec, names.bucket, "s3"), context.redactor);
  const store = await openObjectStore(spec, names.bucket, context);
  try {
    const bucket = copyBucket(ownObjects(store, spec, "copy"), settings, iamRole);
    const session = await openRedshiftSession(spec, names.warehouse, context);
    return new RedshiftWarehouse(session, bucket);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

class RedshiftWarehouse implements ObjectWarehouse {
  readonly tableName = foldTable;
  readonly #session: Session;
  readonly #bucket: CopyBucket;
  readonly #staged = new Map<string, Staged>();
  #started = "";

  constructor(session: Session, bucket: CopyBucket) {
    this.#session = session;
    this.#bucket = bucket;
  }

  prepare(schema: string): Promise<void> {
    return this.#at(`preparing schema ${schema}`, async () => {
      const { rows } = await this.#session.query<{ now: string }>("SELECT CAST(GETDATE() AS varchar) AS now");
      this.#started = rows[0]?.now ?? "";
      await prepareSchema(this.#session, schema);
    });
  }

  findLoad(schema: string, id: string): Promise<LoadRecord | undefined> {
    return this.#at(`reading ${schema}.${LOADS_TABLE}`, () => findLoad(this.#session, schema, id));
  }

  withoutLoaded: ObjectWarehouse["withoutLoaded"] = (target, objects) =>
    this.#at(`reading which objects ${showTable(target)} has`, () => withoutLoaded(this.#session, target, objects));

  stage: ObjectWarehouse["stage"] = async (wanted) => {
    const staged = await stageObjects(this.#session, this.#bucket, wanted);
    this.#staged.set(showTable(wanted.target), staged);
    return staged;
  };

  publish: ObjectWarehouse["publish"] = (load, tables) =>
    this.#at(`publishing in schema ${load.schema}`, () => this.#publish(load, tables));

  async #publish(
    { schema, writing, onlyNew, spec }: Publishing,
    tables: readonly StagedObjects[],
  ): Promise<LoadRecord> {
    const session = this.#session;
    await session.query("BEGIN");
    await lockLoads(session, schema);
    const rival = await findLoad(session, schema, loadId(spec));
    if (rival !== undefined) {
      await session.query("ROLLBACK");
      return rival;
    }
    const loaded: LoadedTable[] = [];
    for (const { target, objects } of tables) {
      const staged = this.#staged.get(showTable(target));
      if (staged === undefined) throw new Error(`${showTable(target)} has not been staged`);
      if (onlyNew) refuseLoadedMeanwhile(target, objects, await withoutLoaded(session, target, objects));
      const written = await publishTable(session, writing, staged);
      loaded.push(written);
      if (written.published === "created" || takesRowsAway(writing)) await forgetFiles(session, target);
      await recordFiles(session, target, objects, loadId(spec));
      await recordRejects(session, staged, loadId(spec));
    }
    const record = await recordLoad(session, schema, spec, loaded, this.#started);
    await commit(session);
    return record;
  }

  async #at<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw redshiftFailure(error, `connection ${this.#session.settings.connection}: ${doing}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
    await this.#bucket.store[Symbol.asyncDispose]();
  }
}

async function recordRejects(session: Session, { target, errors }: Staged, id: string): Promise<void> {
  const rows = errors.map(({ uri, line, column, value, reason, record }) => [
    id,
    showTable(target),
    uri,
    line,
    column ?? null,
    value ?? null,
    reason,
    record ?? null,
  ]);
  const table = quoteTable({ schema: target.schema, table: REJECTS_TABLE });
  const columns = "load_id, target, uri, line, column_name, value, reason, record, rejected_at";
  await insertRows(session, `${table} (${columns})`, rows);
}
