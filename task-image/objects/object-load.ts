import type { CommandContext, Outcome, SpecOf } from "../commands/command.ts";
import type { Load } from "../loading/load.ts";
import { type LoadedTable, type LoadRecord, loadId } from "../loading/load-record.ts";
import { findLoad, recordLoad } from "../loading/load-table.ts";
import { forgetFiles, recordFiles, refuseLoadedMeanwhile } from "../loading/loaded-files.ts";
import { refuseDiscards } from "../loading/reshaping.ts";
import { LOADS_TABLE } from "../loading/state-tables.ts";
import { carryOut } from "../loading/steps.ts";
import type { ObjectSource } from "./object-source.ts";
import type { ObjectWarehouse, Publishing, StagedObjects } from "./object-warehouse.ts";
import { bucketOf, objectsToLoad, removeRowsLeft } from "./objects-to-load.ts";
import { newObjects, stageTables } from "./stage-objects.ts";

/** Opens a warehouse for a load from the bucket of another connection. */
export type OpenObjectWarehouse<S extends StagedObjects> = (
  spec: SpecOf<"load">,
  names: { readonly warehouse: string; readonly bucket: string },
  context: CommandContext,
) => Promise<ObjectWarehouse<S>>;

/** Loads objects of a bucket into a warehouse that reads them itself. */
export async function loadObjects<S extends StagedObjects>(
  spec: SpecOf<"load">,
  context: CommandContext,
  open: OpenObjectWarehouse<S>,
): Promise<Outcome> {
  refuseDiscards(spec.work.load);
  const bucket = bucketOf(spec);
  const warehouse = await open(spec, { warehouse: spec.work.load.to.connection, bucket }, context);
  await using load = new ObjectLoad(warehouse, spec, bucket, context);
  return await carryOut(load, spec, context);
}

/** How the steps of a load are done for every warehouse that reads objects: staged table by table, published in a short transaction. */
class ObjectLoad<S extends StagedObjects> implements Load<S> {
  readonly staging = "before";
  readonly #warehouse: ObjectWarehouse<S>;
  readonly #spec: SpecOf<"load">;
  readonly #bucket: string;
  readonly #context: CommandContext;
  #source: ObjectSource | undefined;
  #started = "";

  constructor(warehouse: ObjectWarehouse<S>, spec: SpecOf<"load">, bucket: string, context: CommandContext) {
    this.#warehouse = warehouse;
    this.#spec = spec;
    this.#bucket = bucket;
    this.#context = context;
  }

  async findDone(): Promise<LoadRecord | undefined> {
    const { schema } = this.#publishing();
    this.#started = await this.#at(`preparing schema ${schema}`, () => this.#warehouse.prepare(schema));
    const { dialect } = this.#warehouse.statements;
    const done = await this.#at(`reading ${schema}.${dialect.fold(LOADS_TABLE)}`, () => this.#findLoad());
    if (done !== undefined) await removeRowsLeft(this.#spec, this.#bucket, this.#context);
    return done;
  }

  async stage(): Promise<readonly S[]> {
    this.#source = await objectsToLoad(this.#spec, this.#bucket, this.#context);
    return await stageTables(this.#warehouse, this.#source, this.#spec, this.#context);
  }

  begin(staged: readonly S[]): Promise<LoadRecord | undefined> {
    return this.#publish(async (load) => {
      await this.#warehouse.begin(load, staged);
      return await this.#findLoad();
    });
  }

  write(table: S): Promise<LoadedTable> {
    return this.#publish(async (load) => {
      const warehouse = this.#warehouse;
      const { target, objects } = table;
      if (this.#spec.work.load.onlyNew === true) {
        refuseLoadedMeanwhile(target, objects, await newObjects(warehouse, target, objects));
      }
      const { loaded, keepsRows } = await warehouse.write(load, table);
      if (!keepsRows) await forgetFiles(warehouse.statements, target);
      await recordFiles(warehouse.statements, target, objects, load.loadId);
      await warehouse.recordRejects(load, table);
      return loaded;
    });
  }

  record(tables: readonly LoadedTable[]): Promise<LoadRecord> {
    return this.#publish(({ schema }) =>
      recordLoad(this.#warehouse.statements, schema, this.#spec, tables, this.#started),
    );
  }

  commit(): Promise<void> {
    return this.#publish(() => this.#warehouse.commit());
  }

  rollBack(): Promise<void> {
    return this.#warehouse.rollBack();
  }

  #findLoad(): Promise<LoadRecord | undefined> {
    return findLoad(this.#warehouse.statements, this.#publishing().schema, loadId(this.#spec));
  }

  #publishing(): Publishing {
    const { load } = this.#spec.work;
    const { schema } = this.#warehouse.tableName({ schema: load.to.schema, table: load.to.table ?? "table" });
    return { schema, writing: load, loadId: loadId(this.#spec) };
  }

  #publish<R>(work: (load: Publishing) => Promise<R>): Promise<R> {
    const load = this.#publishing();
    return this.#at(`publishing in schema ${load.schema}`, () => work(load));
  }

  async #at<R>(doing: string, work: () => Promise<R>): Promise<R> {
    try {
      return await work();
    } catch (error) {
      throw this.#warehouse.failure(error, doing);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using _warehouse = this.#warehouse;
    await this.#source?.[Symbol.asyncDispose]();
  }
}
