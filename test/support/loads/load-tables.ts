import type { WorkOf } from "../../../task-image/commands/command.ts";
import { load } from "../../../task-image/commands/load.ts";
import { type PostgresServer, type PostgresVersion, startPostgres, type TestDatabase } from "../servers/postgres.ts";
import { aContext, aTask } from "../tasks/task.ts";

type LoadWork = WorkOf<"load">["load"];

/** What a load of tables in a test says besides its connections. */
export interface TablesLoad extends Partial<Omit<LoadWork, "from" | "to">> {
  readonly tables?: string[];
  readonly uid?: string;
  /** Keys of the Secret of the warehouse, such as another user. */
  readonly warehouse?: Readonly<Record<string, string>>;
}

/** A source and a warehouse on one server, for tests of one file. */
export interface TablePair extends AsyncDisposable {
  readonly server: PostgresServer;
  readonly source: TestDatabase;
  readonly warehouse: TestDatabase;
  /** New, empty databases for the next test. */
  renew(): Promise<void>;
  /** Loads into schema raw as a run of its own, unless a uid is given; by default the table `films`. */
  load(settings?: TablesLoad): ReturnType<typeof load>;
  /** The rows of the warehouse's table, in the order of its first column. */
  rows(table?: string): ReturnType<TestDatabase["query"]>;
}

export async function startTablePair(version: PostgresVersion = "18"): Promise<TablePair> {
  const server = await startPostgres({}, undefined, version);
  let source = await server.createDatabase();
  let warehouse = await server.createDatabase();
  let runs = 0;
  return {
    server,
    get source() {
      return source;
    },
    get warehouse() {
      return warehouse;
    },
    renew: async () => {
      source = await server.createDatabase();
      warehouse = await server.createDatabase();
    },
    load: ({ tables = ["films"], uid, warehouse: keys = {}, ...more } = {}) => {
      runs += 1;
      const from = { connection: "source", schema: "public", tables };
      const work: WorkOf<"load"> = {
        verb: "load",
        load: { from, to: { connection: "warehouse", schema: "raw" }, mode: "replace", ...more },
      };
      const connections = { source: source.connection(), warehouse: warehouse.connection(keys) };
      return load(aTask({ work, connections, uid: uid ?? `run-${runs}` }), aContext());
    },
    rows: (table = "films") => warehouse.query(`SELECT * FROM raw.${table} ORDER BY 1`),
    [Symbol.asyncDispose]: () => server.stop(),
  };
}
