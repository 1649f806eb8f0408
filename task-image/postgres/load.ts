import type { CommandContext, Outcome, SpecOf } from "../commands/command.ts";
import type { Load } from "../loading/load.ts";
import type { LoadedTable, LoadRecord } from "../loading/load-record.ts";
import { carryOut } from "../loading/steps.ts";
import { commit } from "./commit.ts";
import { keepAlive } from "./keep-alive.ts";
import { beginLoad, findDone, openDestination, publishOne, recordTables } from "./publishing/load-destination.ts";
import type { StagedTable } from "./publishing/staged-table.ts";
import type { Session } from "./session.ts";
import type { LoadSource } from "./staging/load-source.ts";

/** Loads tables into Postgres, whatever they come from: all in one transaction together with the record of the load. */
export async function loadIntoPostgres(spec: SpecOf<"load">, context: CommandContext): Promise<Outcome> {
  await using load = new PostgresLoad(await openDestination(spec, context), spec, context, () =>
    sourceOf(spec, context),
  );
  return await carryOut(load, spec, context);
}

/** How Postgres does the steps of a load. The source is not asked where the load is done. */
export class PostgresLoad implements Load<StagedTable> {
  readonly staging = "inside";
  readonly #session: Session;
  readonly #spec: SpecOf<"load">;
  readonly #context: CommandContext;
  readonly #open: () => Promise<LoadSource>;
  #source: LoadSource | undefined;

  constructor(session: Session, spec: SpecOf<"load">, context: CommandContext, open: () => Promise<LoadSource>) {
    this.#session = session;
    this.#spec = spec;
    this.#context = context;
    this.#open = open;
  }

  findDone(): Promise<LoadRecord | undefined> {
    return findDone(this.#session, this.#spec);
  }

  async begin(): Promise<LoadRecord | undefined> {
    this.#source = await this.#open();
    return await beginLoad(this.#session, this.#spec, this.#source.targets, this.#context);
  }

  async stage(): Promise<readonly StagedTable[]> {
    const source = this.#source;
    if (source === undefined) throw new Error("the load has not begun");
    return await keepAlive(this.#session, () => source.stage(this.#session));
  }

  write(table: StagedTable): Promise<LoadedTable> {
    return publishOne(this.#session, this.#spec, table);
  }

  record(tables: readonly LoadedTable[]): Promise<LoadRecord> {
    return recordTables(this.#session, this.#spec, tables);
  }

  commit(): Promise<void> {
    return commit(this.#session);
  }

  /** The transaction ends with the session, which is closed after this. */
  async rollBack(): Promise<void> {}

  [Symbol.asyncDispose](): PromiseLike<void> {
    return this.#session[Symbol.asyncDispose]();
  }
}

/** Where the rows come from, by what `from` names. Each source is imported when it is wanted. */
async function sourceOf(spec: SpecOf<"load">, context: CommandContext): Promise<LoadSource> {
  const { query, files, node, http, tables = [] } = spec.work.load.from;
  if (files !== undefined) return (await import("./staging/load-files.ts")).filesToLoad(spec, files, context);
  if (node !== undefined) return await (await import("./staging/load-extract.ts")).extractToLoad(spec, node, context);
  if (http !== undefined) return (await import("./staging/load-http.ts")).httpToLoad(spec, http, context);
  if (query !== undefined) return (await import("./staging/load-query.ts")).queryToLoad(spec, query, context);
  return await (await import("./staging/load-tables.ts")).tablesToLoad(spec, tables, context);
}
