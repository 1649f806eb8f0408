import { randomUUID } from "node:crypto";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readS3Settings, type S3Settings } from "../connections/s3-settings.ts";
import { TaskFailure } from "../errors.ts";
import { COMMIT_UNKNOWN, commitUnknown } from "../loading/commit.ts";
import { loadId } from "../loading/load-record.ts";
import type { WarehouseSession } from "../loading/warehouse-session.ts";
import { takesRowsAway } from "../loading/writing.ts";
import type { ObjectsToStage, ObjectWarehouse, Publishing, WrittenObjects } from "../objects/object-warehouse.ts";
import { quoteTable, showTable, type TableName } from "../sql/identifier.ts";
import { readTarget } from "./catalog.ts";
import { refuseChangedTarget } from "./changed-target.ts";
import { snowflakeStatements } from "./dialect.ts";
import { codeOf, snowflakeFailure } from "./failure.ts";
import { foldTable } from "./identifier.ts";
import { forgetFilesOfGone } from "./loaded-files.ts";
import { type Prepared, prepareTable, swapTable, writeTable } from "./publication.ts";
import { openSnowflakeSession, type SnowflakeSession } from "./session.ts";
import { createStageStatement } from "./staging/external-stage.ts";
import type { Workspace } from "./staging/landing.ts";
import { type Staged, stageObjects } from "./staging/staging.ts";
import { lockTargets, prepareSchema, REJECTS } from "./state-tables.ts";

/** A table that a dead pod has built beside a target is dropped when it is this old. */
const LEFT_SECONDS = 86_400;
/** `_KELT_WHAT_SECONDS_…`: see {@link SnowflakeWarehouse}. */
const BESIDE = "_KELT_SWAPPED_";

/** Opens a connection of kind snowflake for a load from the bucket of another connection. */
export async function openSnowflake(
  spec: TaskSpec,
  names: { readonly warehouse: string; readonly bucket: string },
  context: CommandContext,
): Promise<ObjectWarehouse<Staged>> {
  const bucket = await readS3Settings(names.bucket, namedConnection(spec, names.bucket, "s3"), context.redactor);
  const open = () => openSnowflakeSession(spec, names.warehouse, context);
  return new SnowflakeWarehouse(await open(), { bucket, open, loadId: loadId(spec) });
}

interface Load {
  readonly bucket: S3Settings;
  /** Opens another session. */
  readonly open: () => Promise<SnowflakeSession>;
  readonly loadId: string;
}

/** Its own objects are named by what they are, the server's time when the load began, and the session. */
class SnowflakeWarehouse implements ObjectWarehouse<Staged> {
  readonly tableName = foldTable;
  readonly statements: WarehouseSession;
  readonly #session: SnowflakeSession;
  readonly #load: Load;
  readonly #id = randomUUID().slice(0, 8).toUpperCase();
  #names = 0;
  #seconds = "0";
  #stage: TableName | undefined;
  #prepared: Prepared[] = [];
  /** A session without a transaction, for swaps. */
  #other: SnowflakeSession | undefined;

  constructor(session: SnowflakeSession, load: Load) {
    this.#session = session;
    this.statements = snowflakeStatements(session);
    this.#load = load;
  }

  failure(error: unknown, doing: string): TaskFailure {
    return snowflakeFailure(error, `connection ${this.#session.settings.connection}: ${doing}`);
  }

  async prepare(schema: string): Promise<string> {
    const [now] = await this.#session.query(
      `SELECT TO_VARCHAR(CURRENT_TIMESTAMP()) AS "NOW", DATE_PART(EPOCH_SECOND, CURRENT_TIMESTAMP()) AS "SECONDS"`,
    );
    this.#seconds = Math.trunc(Number(now?.SECONDS)).toString();
    await prepareSchema(this.#session, schema);
    await this.#dropLeft(schema);
    return now?.NOW ?? "";
  }

  async hasTarget(target: TableName): Promise<boolean> {
    return (await readTarget(this.#session, target)) !== undefined;
  }

  async stage(wanted: ObjectsToStage): Promise<Staged> {
    return await stageObjects(await this.#workspace(wanted.target.schema), wanted);
  }

  /** What would commit the transaction comes before it; swaps come last in it, and are done by a session without one. */
  async begin({ schema, writing, loadId }: Publishing, staged: readonly Staged[]): Promise<void> {
    for (const table of staged) {
      await forgetFilesOfGone(this.#session, table.target, loadId);
      this.#prepared.push(await prepareTable(await this.#workspace(schema), writing, table));
    }
    if (this.#swaps().length > 0) this.#other = await this.#load.open();
    const targets = staged.map(({ target }) => target);
    await lockTargets(this.#session, schema, targets, loadId);
  }

  async write({ writing }: Publishing, table: Staged): Promise<WrittenObjects> {
    const prepared = this.#prepared.find(({ staged }) => staged === table);
    if (prepared === undefined) throw new Error(`${showTable(table.target)} has not been prepared`);
    await refuseChangedTarget(this.#session, writing, prepared);
    const loaded = await writeTable(this.#session, writing, prepared);
    // A target that this load has made may have another one's rows by now.
    return { loaded, keepsRows: !takesRowsAway(writing) };
  }

  async recordRejects(_load: Publishing, { target, rejects }: Staged): Promise<void> {
    if (rejects === undefined) return;
    const table = quoteTable({ schema: target.schema, table: REJECTS });
    await this.#session.query(`INSERT INTO ${table} SELECT * FROM ${quoteTable(rejects)}`);
  }

  async commit(): Promise<void> {
    if (this.#other === undefined) await commit(this.#session);
    else await this.#swapAndCommit(this.#session, this.#other);
    await this.#dropBeside();
  }

  async rollBack(): Promise<void> {
    // To drop a table would commit what has been written; where the transaction cannot be ended, its session is not used any more.
    const isOver = await this.#session.query("ROLLBACK").then(
      () => true,
      () => false,
    );
    if (isOver) await this.#dropBeside();
  }

  #swaps(): readonly Prepared[] {
    return this.#prepared.filter(({ beside }) => beside !== undefined);
  }

  /** Drops what was built beside targets; a swapped one holds the old rows. What cannot be dropped now is dropped when it is old. */
  async #dropBeside(): Promise<void> {
    for (const { beside } of this.#prepared) {
      if (beside !== undefined) await this.#session.query(`DROP TABLE IF EXISTS ${quoteTable(beside)}`).catch(() => []);
    }
  }

  /** What has been swapped is swapped back where the load is not committed for certain. */
  async #swapAndCommit(session: SnowflakeSession, other: SnowflakeSession): Promise<void> {
    const swapped: Prepared[] = [];
    try {
      for (const table of this.#swaps()) {
        await swapTable(other, table);
        swapped.push(table);
      }
      await commit(session);
    } catch (error) {
      if (error instanceof TaskFailure && error.code === COMMIT_UNKNOWN) throw error;
      // Where that fails too the new rows stay, and the next attempt brings them again.
      for (const table of swapped) await swapTable(other, table).catch(() => undefined);
      throw error;
    }
  }

  async #workspace(schema: string): Promise<Workspace> {
    const { bucket, loadId: id } = this.#load;
    const name = (of: string, what: string) => {
      this.#names += 1;
      return { schema: of, table: `_KELT_${what}_${this.#seconds}_${this.#id}_${this.#names}` };
    };
    if (this.#stage === undefined) {
      const stage = name(schema, "STAGE");
      try {
        await this.#session.query(createStageStatement(stage, bucket, this.#session.settings));
      } catch (error) {
        throw this.failure(error, "making a stage");
      }
      this.#stage = stage;
    }
    return { session: this.#session, stage: this.#stage, root: `s3://${bucket.bucket}/`, loadId: id, name };
  }

  async #dropLeft(schema: string): Promise<void> {
    const rows = await this.#session.query(
      "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES WHERE TABLE_SCHEMA = ? AND STARTSWITH(TABLE_NAME, ?)",
      [schema, BESIDE],
    );
    for (const { TABLE_NAME: table = "" } of rows) {
      const seconds = Number(table?.slice(BESIDE.length).split("_")[0]);
      if (table === null || !(Number(this.#seconds) - seconds > LEFT_SECONDS)) continue;
      await this.#session.query(`DROP TABLE IF EXISTS ${quoteTable({ schema, table })}`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _session = this.#session;
    await this.#other?.[Symbol.asyncDispose]();
  }
}

/** Commits. When the answer is lost nobody here can know what happened: the next attempt reads it in the load's record. */
async function commit(session: SnowflakeSession): Promise<void> {
  try {
    await session.query("COMMIT");
  } catch (error) {
    const failure = snowflakeFailure(error, "committing the load");
    const isServers = !(error instanceof TaskFailure) && /^0/.test(codeOf(error) ?? "");
    if (isServers) throw failure;
    throw commitUnknown(error);
  }
}
