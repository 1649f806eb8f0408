import type { CommandContext, Outcome, SpecOf } from "../commands/command.ts";
import type { Load, StagedTarget } from "./load.ts";
import { repeated, sayLoaded, summary } from "./load-outcome.ts";
import { type LoadedTable, type LoadRecord, loadId } from "./load-record.ts";

/*
 * The steps of every load, whatever it reads and wherever it writes.
 *
 * | step   | what it does                                          | staging inside the transaction | staging before it |
 * |--------|-------------------------------------------------------|--------------------------------|-------------------|
 * | find   | finds the record: a load that is committed is over    | 1                              | 1                 |
 * | begin  | locks the targets, looks for the record again         | 2                              | 3                 |
 * | stage  | brings the rows where nobody else sees them           | 3                              | 2                 |
 * | write  | publishes each table, with its files and rejects      | 4                              | 4                 |
 * | record | writes the record of the load                         | 5                              | 5                 |
 * | commit | makes all of it visible at once                       | 6                              | 6                 |
 *
 * Postgres stages inside, because its locks and staging tables belong to the transaction; a warehouse that reads objects stages before, so
 * that its transaction is short. A step that fails ends the load: what was written is rolled back.
 */

/** Does a load from its beginning to its end, or answers what it came to where it has been committed before. */
export async function carryOut<T extends StagedTarget>(
  load: Load<T>,
  spec: SpecOf<"load">,
  context: CommandContext,
): Promise<Outcome> {
  const done = await load.findDone();
  if (done === undefined) return await publish(load, spec, context);
  sayLoaded(done, context);
  return repeated(done);
}

/** The steps after the first one, for a load whose record has been looked for. */
export async function publish<T extends StagedTarget>(
  load: Load<T>,
  spec: SpecOf<"load">,
  context: CommandContext,
): Promise<Outcome> {
  const { record, isRival } = await commitOnce(load).catch(async (error: unknown) => {
    await load.rollBack();
    throw error;
  });
  sayLoaded(record, context);
  if (isRival) return repeated(record);
  const { log } = context;
  const { from, to } = spec.work.load;
  for (const table of record.tables) log.info("loaded", { ...table });
  log.info("load committed", { loadId: loadId(spec), from: from.connection, to: to.connection });
  return summary(record);
}

interface Committed {
  readonly record: LoadRecord;
  /** Whether another pod of this load has committed it. */
  readonly isRival: boolean;
}

async function commitOnce<T extends StagedTarget>(load: Load<T>): Promise<Committed> {
  const isInside = load.staging === "inside";
  const early = isInside ? await load.begin([]) : undefined;
  if (early !== undefined) return await leaveTo(early, load);
  const staged = await load.stage();
  const late = isInside ? undefined : await load.begin(staged);
  if (late !== undefined) return await leaveTo(late, load);
  const tables: LoadedTable[] = [];
  for (const table of staged) tables.push(await load.write(table));
  const record = await load.record(tables);
  await load.commit();
  return { record, isRival: false };
}

async function leaveTo<T extends StagedTarget>(record: LoadRecord, load: Load<T>): Promise<Committed> {
  await load.rollBack();
  return { record, isRival: true };
}
