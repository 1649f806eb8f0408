import { randomUUID } from "node:crypto";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { readS3Settings, type S3Settings } from "../connections/s3-settings.ts";
import { TaskFailure, TransientError } from "../errors.ts";
import { quoteTable, showTable, type TableName } from "../postgres/identifier.ts";
import { type LoadedTable, type LoadRecord, loadId } from "../postgres/load-record.ts";
import { refuseLoadedMeanwhile, takesRowsAway } from "../warehouse/loaded-objects.ts";
import type { ObjectWarehouse, Publishing, StagedObjects } from "../warehouse/object-warehouse.ts";
import { refuseChangedTarget } from "./changed-target.ts";
import { createStageStatement } from "./external-stage.ts";
import { codeOf, snowflakeFailure } from "./failure.ts";
import { foldTable } from "./identifier.ts";
import type { Workspace } from "./landing.ts";
import { findLoad, recordLoad } from "./load-record.ts";
import { forgetFiles, forgetFilesOfGone, recordFiles, withoutLoaded } from "./loaded-files.ts";
import { type Prepared, prepareTable, swapTable, writeTable } from "./publication.ts";
import { openSnowflakeSession, type SnowflakeSession } from "./session.ts";
import { type Staged, stageObjects } from "./staging.ts";
import { LOADS, lockTargets, prepareSchema, REJECTS } from "./state-tables.ts";

/** A table that a dead pod has built beside a target is dropped when it is this old. */
const LEFT_SECONDS = 86_400;
/** `_KELT_WHAT_SECONDS_…`: see {@link SnowflakeWarehouse}. */
const BESIDE = "_KELT_SWAPPED_";
const COMMIT_UNKNOWN = "CommitUnknown";

/** Opens a connection of kind snowflake for a load from the bucket of another connection. */
export async function openSnowflake(
  spec: TaskSpec,
  names: { readonly warehouse: string; readonly bucket: string },
  context: CommandContext,
): Promise<ObjectWarehouse> {
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
class SnowflakeWarehouse implements ObjectWarehouse {
  readonly tableName = foldTable;
  readonly #session: SnowflakeSession;
  readonly #load: Load;
  readonly #staged = new Map<string, Staged>();
  readonly #id = randomUUID().slice(0, 8).toUpperCase();
  #names = 0;
  #started = "";
  #seconds = "0";
  #stage: TableName | undefined;

  constructor(session: SnowflakeSession, load: Load) {
    this.#session = session;
    this.#load = load;
  }

  prepare(schema: string): Promise<void> {
    return this.#at(`preparing schema ${schema}`, async () => {
      const [now] = await this.#session.query(
        `SELECT TO_VARCHAR(CURRENT_TIMESTAMP()) AS "NOW", DATE_PART(EPOCH_SECOND, CURRENT_TIMESTAMP()) AS "SECONDS"`,
      );
      this.#started = now?.NOW ?? "";
      this.#seconds = Math.trunc(Number(now?.SECONDS)).toString();
      await prepareSchema(this.#session, schema);
      await this.#dropLeft(schema);
    });
  }

  findLoad(schema: string, id: string): Promise<LoadRecord | undefined> {
    return this.#at(`reading ${schema}.${LOADS}`, () => findLoad(this.#session, schema, id));
  }

  withoutLoaded: ObjectWarehouse["withoutLoaded"] = (target, objects) =>
    this.#at(`reading which objects ${showTable(target)} has`, () => withoutLoaded(this.#session, target, objects));

  stage: ObjectWarehouse["stage"] = async (wanted) => {
    const staged = await stageObjects(await this.#workspace(wanted.target.schema), wanted);
    this.#staged.set(showTable(wanted.target), staged);
    return staged;
  };

  publish: ObjectWarehouse["publish"] = (load, tables) =>
    this.#at(`publishing in schema ${load.schema}`, () => this.#publish(load, tables));

  async #publish(load: Publishing, tables: readonly StagedObjects[]): Promise<LoadRecord> {
    const prepared: Prepared[] = [];
    try {
      for (const { target, objects } of tables) {
        const staged = this.#staged.get(showTable(target));
        if (staged === undefined) throw new Error(`${showTable(target)} has not been staged`);
        await forgetFilesOfGone(this.#session, target, this.#load.loadId);
        const workspace = await this.#workspace(load.schema);
        prepared.push(await prepareTable(workspace, load.writing, { ...staged, objects }));
      }
      const record = await this.#commit(load, prepared);
      await this.#dropBeside(prepared);
      return record;
    } catch (error) {
      // To drop a table would commit what has been written; where the transaction cannot be ended, its session is not used any more.
      const isOver = await this.#session.query("ROLLBACK").then(
        () => true,
        () => false,
      );
      if (isOver) await this.#dropBeside(prepared);
      throw error;
    }
  }

  /** Drops what was built beside targets; a swapped one holds the old rows. What cannot be dropped now is dropped when it is old. */
  async #dropBeside(prepared: readonly Prepared[]): Promise<void> {
    for (const { beside } of prepared) {
      if (beside !== undefined) await this.#session.query(`DROP TABLE IF EXISTS ${quoteTable(beside)}`).catch(() => []);
    }
  }

  /** One transaction under the lock of the targets; swaps come last in it, done by a session without one. */
  async #commit({ schema, writing, onlyNew, spec }: Publishing, prepared: readonly Prepared[]): Promise<LoadRecord> {
    const session = this.#session;
    const swaps = prepared.filter(({ beside }) => beside !== undefined);
    await using other = swaps.length === 0 ? undefined : await this.#load.open();
    await lockTargets(
      session,
      schema,
      prepared.map(({ staged }) => staged.target),
      loadId(spec),
    );
    const rival = await findLoad(session, schema, loadId(spec));
    if (rival !== undefined) {
      await session.query("ROLLBACK");
      return rival;
    }
    const loaded: LoadedTable[] = [];
    for (const table of prepared) {
      const { target, objects } = table.staged;
      if (onlyNew) refuseLoadedMeanwhile(target, objects, await withoutLoaded(session, target, objects));
      await refuseChangedTarget(session, writing, table);
      loaded.push(await writeTable(session, writing, table));
      if (takesRowsAway(writing)) await forgetFiles(session, target);
      await recordFiles(session, target, objects, loadId(spec));
      await recordRejects(session, table.staged);
    }
    const record = await recordLoad(session, schema, spec, loaded, this.#started);
    if (other === undefined) await commit(session);
    else await this.#swapAndCommit(session, other, swaps);
    return record;
  }

  /** What has been swapped is swapped back where the load is not committed for certain. */
  async #swapAndCommit(session: SnowflakeSession, other: SnowflakeSession, swaps: readonly Prepared[]): Promise<void> {
    const swapped: Prepared[] = [];
    try {
      for (const table of swaps) {
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
      await this.#at("making a stage", () =>
        this.#session.query(createStageStatement(stage, bucket, this.#session.settings)),
      );
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

  async #at<T>(doing: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw snowflakeFailure(error, `connection ${this.#session.settings.connection}: ${doing}`);
    }
  }

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#session[Symbol.asyncDispose]();
  }
}

async function recordRejects(session: SnowflakeSession, { target, rejects }: Staged): Promise<void> {
  if (rejects === undefined) return;
  const table = quoteTable({ schema: target.schema, table: REJECTS });
  await session.query(`INSERT INTO ${table} SELECT * FROM ${quoteTable(rejects)}`);
}

/** Commits. When the answer is lost nobody here can know what happened: the next attempt reads it in the load's record. */
async function commit(session: SnowflakeSession): Promise<void> {
  try {
    await session.query("COMMIT");
  } catch (error) {
    const failure = snowflakeFailure(error, "committing the load");
    const isServers = !(error instanceof TaskFailure) && /^0/.test(codeOf(error) ?? "");
    if (isServers) throw failure;
    throw new TransientError(
      COMMIT_UNKNOWN,
      "the connection was lost while COMMIT was under way: the next attempt finds out whether the load counts, and does not repeat it if it does",
      { cause: error },
    );
  }
}
