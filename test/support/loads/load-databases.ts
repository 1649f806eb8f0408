import { afterAll, beforeAll, beforeEach } from "vitest";
import type { TaskConnection } from "#api/task.ts";
import type { CommandContext, SpecOf, WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { type PostgresServer, type PostgresVersion, startPostgres, type TestDatabase } from "../servers/postgres.ts";
import { aContext, aTask } from "../tasks/task.ts";

/** Two databases of one server, new for each test. */
export interface LoadDatabases {
  readonly source: TestDatabase;
  readonly warehouse: TestDatabase;
  /** Loads from the one into the other, as a run of its own unless its uid is given. */
  load(what: WorkOf<"load">["load"], run?: LoadRun): ReturnType<typeof load>;
  /** The task of such a load, for a process of its own. */
  task(what: WorkOf<"load">["load"], run?: LoadRun): SpecOf<"load">;
}

interface LoadRun {
  readonly uid?: string | undefined;
  readonly attempt?: number | undefined;
  readonly context?: CommandContext | undefined;
  /** In the place of the source as its owner. */
  readonly source?: TaskConnection;
}

/** Has them made for the suite that calls it; `settings` are lines of postgresql.conf. */
export function useLoadDatabases(
  version: PostgresVersion,
  settings: Readonly<Record<string, string>> = {},
): LoadDatabases {
  let server: PostgresServer;
  let source: TestDatabase;
  let warehouse: TestDatabase;
  let runs = 0;
  beforeAll(async () => {
    server = await startPostgres(settings, undefined, version);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    source = await server.createDatabase();
    warehouse = await server.createDatabase();
  });
  const task = (
    what: WorkOf<"load">["load"],
    { uid, attempt = 1, source: from = source.connection() }: LoadRun = {},
  ) => {
    runs += 1;
    const connections = { source: from, warehouse: warehouse.connection() };
    return aTask({ work: { verb: "load", load: what }, connections, attempt, uid: uid ?? `run-${runs}` });
  };
  return {
    get source() {
      return source;
    },
    get warehouse() {
      return warehouse;
    },
    load: (what, run = {}) => load(task(what, run), run.context ?? aContext()),
    task,
  };
}
