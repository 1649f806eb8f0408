import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readS3Settings } from "../connections/s3-settings.ts";
import type { TaskFailure } from "../errors.ts";
import { REJECTS_TABLE } from "../loading/state-tables.ts";
import { insertRows, ownTable, type WarehouseSession } from "../loading/warehouse-session.ts";
import { takesRowsAway } from "../loading/writing.ts";
import { openObjectStore } from "../object-store/opening.ts";
import { ownObjects } from "../object-store/own-objects.ts";
import type { ObjectsToStage, ObjectWarehouse, Publishing, WrittenObjects } from "../objects/object-warehouse.ts";
import { commit } from "../postgres/commit.ts";
import type { Session } from "../postgres/session.ts";
import { showTable, type TableName } from "../sql/identifier.ts";
import { readTarget } from "./catalog.ts";
import { REDSHIFT, redshiftStatements } from "./dialect.ts";
import { redshiftFailure } from "./failure.ts";
import { foldTable } from "./identifier.ts";
import { publishTable } from "./publication.ts";
import { openRedshiftSession } from "./session.ts";
import { type CopyBucket, copyBucket } from "./staging/copy-objects.ts";
import { type Staged, stageObjects } from "./staging/staging.ts";
import { lockLoads, prepareSchema } from "./state-tables.ts";

const REJECT_COLUMNS = ["load_id", "target", "uri", "line", "column_name", "value", "reason", "record", "rejected_at"];

/** Opens a connection of kind redshift for a load from the bucket of another connection. */
export async function openRedshift(
  spec: TaskSpec,
  names: { readonly warehouse: string; readonly bucket: string },
  context: CommandContext,
): Promise<ObjectWarehouse<Staged>> {
  const { iamRole } = namedConnection(spec, names.warehouse, "redshift");
  const settings = await readS3Settings(names.bucket, namedConnection(spec, names.bucket, "s3"), context.redactor);
  const store = await openObjectStore(spec, names.bucket, context);
  try {
    const session = await openRedshiftSession(spec, names.warehouse, context);
    const { host, port } = session.settings;
    const bucket = copyBucket(ownObjects(store, spec, "copy"), settings, { host, port, iamRole });
    return new RedshiftWarehouse(session, bucket);
  } catch (error) {
    await store[Symbol.asyncDispose]();
    throw error;
  }
}

class RedshiftWarehouse implements ObjectWarehouse<Staged> {
  readonly tableName = foldTable;
  readonly statements: WarehouseSession;
  readonly #session: Session;
  readonly #bucket: CopyBucket;

  constructor(session: Session, bucket: CopyBucket) {
    this.#session = session;
    this.statements = redshiftStatements(session);
    this.#bucket = bucket;
  }

  failure(error: unknown, doing: string): TaskFailure {
    return redshiftFailure(error, `connection ${this.#session.settings.connection}: ${doing}`);
  }

  async prepare(schema: string): Promise<string> {
    const { rows } = await this.#session.query<{ now: string }>("SELECT CAST(GETDATE() AS varchar) AS now");
    await prepareSchema(this.#session, schema);
    return rows[0]?.now ?? "";
  }

  async hasTarget(target: TableName): Promise<boolean> {
    return (await readTarget(this.#session, target)) !== undefined;
  }

  stage(wanted: ObjectsToStage): Promise<Staged> {
    return stageObjects(this.#session, this.#bucket, wanted);
  }

  async begin({ schema }: Publishing): Promise<void> {
    await this.#session.query("BEGIN");
    await lockLoads(this.#session, schema);
  }

  async write({ writing }: Publishing, table: Staged): Promise<WrittenObjects> {
    const loaded = await publishTable(this.#session, writing, table);
    return { loaded, keepsRows: loaded.published !== "created" && !takesRowsAway(writing) };
  }

  async recordRejects({ loadId }: Publishing, { target, errors }: Staged): Promise<void> {
    const rows = errors.map(({ uri, line, column, value, reason, record }) => {
      const place = [loadId, showTable(target), uri, line];
      return [...place, column ?? null, value ?? null, reason, record ?? null];
    });
    await insertRows(this.statements, ownTable(REDSHIFT, target.schema, REJECTS_TABLE), REJECT_COLUMNS, rows);
  }

  commit(): Promise<void> {
    return commit(this.#session);
  }

  async rollBack(): Promise<void> {
    // What cannot be rolled back now is when the session ends.
    await this.#session.query("ROLLBACK").catch(() => undefined);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#session[Symbol.asyncDispose]();
    await this.#bucket.store[Symbol.asyncDispose]();
  }
}
