import { afterAll, beforeAll, beforeEach } from "vitest";
import type { TaskConnection } from "#api/task.ts";
import type { CommandContext, WorkOf } from "../../task-image/commands/command.ts";
import { load } from "../../task-image/commands/load.ts";
import { type PostgresServer, type PostgresVersion, startPostgres, type TestDatabase } from "./postgres.ts";
import { aContext, aTask } from "./task.ts";

/** Two databases of one server, new for each test. */
export interface LoadDatabases {
  readonly source: TestDatabase;
  readonly warehouse: TestDatabase;
  /** Loads from the one into the other, as a run of its own unless its uid is given. */
  load(what: WorkOf<"load">["load"], run?: LoadRun): ReturnType<typeof load>;
}

interface LoadRun {
  readonly uid?: string | undefined;
  readonly context?: CommandContext | undefined;
  /** In the place of the source as its owner. */
  readonly source?: TaskConnection;
}

/** Has them made for the suite that calls it. */
export function useLoadDatabases(version: PostgresVersion): LoadDatabases {
  let server: PostgresServer;
  let source: TestDatabase;
  let warehouse: TestDatabase;
  let runs = 0;
  beforeAll(async () => {
    server = await startPostgres({}, undefined, version);
  });
  afterAll(() => server.stop());
  beforeEach(async () => {
    source = await server.createDatabase();
    warehouse = await server.createDatabase();
  });
  return {
    get source() {
      return source;
    },
    get warehouse() {
      return warehouse;
    },
    load: (what, { uid, context = aContext(), source: from = source.connection() } = {}) => {
      runs += 1;
      const connections = { source: from, warehouse: warehouse.connection() };
      return load(aTask({ work: { verb: "load", load: what }, connections, uid: uid ?? `run-${runs}` }), context);
    },
  };
}
