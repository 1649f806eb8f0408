import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer, type Socket } from "node:net";
import type { TaskConnectionOf } from "#api/task.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { type PostgresServer, startPostgres, type TestDatabase } from "../servers/postgres.ts";
import type { S3Server } from "../servers/versitygw.ts";
import type { CopyOutcome } from "./copy.ts";
import { RedshiftSession } from "./session.ts";

export const STANDIN_VERSION = "1.0.104321";
/** The role that the cluster may take. */
export const STANDIN_ROLE = "arn:aws:iam::000000000000:role/loader";

/**
 * Redshift for tests: a server that speaks Postgres' protocol in front of a real Postgres 18. Every statement is checked against what
 * Redshift has (`statement-rules.ts`); names are folded, types are Redshift's, COPY reads the objects of an S3 server by its manifest
 * and checks every value (`copy*.ts`), TRUNCATE commits, transactions are serializable.
 *
 * What it does not have: distribution and sort keys (they are passed over), SUPER, views that are bound late (they are bound at once), datashares, concurrency of COPYs, the leader node's own
 * functions, and every function and statement that is not in the lists of `statement-rules.ts`.
 */
export interface Redshift extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly role: string;
  /** What a test lets happen before a COPY reads its objects; it is told the statement, and what it throws is the COPY's error. */
  beforeCopy: (sql: string) => Promise<void>;
  /** A new, empty database, as Postgres sees it. */
  createDatabase(): Promise<TestDatabase>;
  /** A connection to a database as a task gets it. `keys` replaces keys of its Secret. */
  connection(database: TestDatabase, keys?: Readonly<Record<string, string>>): TaskConnectionOf<"redshift">;
}

const CATALOG = `
CREATE FUNCTION redshift_version() RETURNS text LANGUAGE sql AS
  $$ SELECT 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC gcc (GCC) 3.4.2, Redshift ${STANDIN_VERSION}'::text $$;
CREATE FUNCTION getdate() RETURNS timestamp LANGUAGE sql AS $$ SELECT (clock_timestamp() AT TIME ZONE 'utc')::timestamp(0) $$;
CREATE FUNCTION dateadd(unit text, number bigint, moment timestamp) RETURNS timestamp LANGUAGE sql AS
  $$ SELECT moment + (number || ' ' || unit)::interval $$;
CREATE FUNCTION pg_get_late_binding_view_cols() RETURNS SETOF record LANGUAGE sql AS
  $$ SELECT NULL::name, NULL::name, NULL::name, NULL::varchar, NULL::int WHERE false $$;
CREATE VIEW svv_table_info AS SELECT n.nspname::text AS "schema", c.relname::text AS "table", 'N'::text AS encoded,
  'AUTO(ALL)'::text AS diststyle, NULL::text AS sortkey1, 0 AS max_varchar, NULL::text AS sortkey1_enc, 0 AS sortkey_num, 1::bigint AS size,
  0::numeric AS pct_used, NULL::numeric AS unsorted, 0::numeric AS stats_off, greatest(c.reltuples, 0)::numeric AS tbl_rows,
  NULL::numeric AS skew_sortkey1, NULL::numeric AS skew_rows
  FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind = 'r';
CREATE VIEW svv_external_columns AS SELECT NULL::text AS schemaname, NULL::text AS tablename, NULL::text AS columnname,
  NULL::text AS external_type, NULL::int AS columnnum WHERE false;
CREATE FUNCTION pg_last_copy_count() RETURNS bigint LANGUAGE sql AS
  $$ SELECT coalesce(nullif(current_setting('standin.last_copy_count', true), ''), '-1')::bigint $$;
CREATE TABLE standin_load_errors (tbl int, session int, filename char(256), line_number bigint, colname char(127), type char(10),
  raw_line char(1024), raw_field_value char(1024), err_code int, err_reason char(100));
CREATE VIEW stl_load_errors AS SELECT * FROM standin_load_errors;
CREATE VIEW sys_load_error_detail AS SELECT tbl AS table_id, session AS session_id, filename AS file_name, line_number,
  colname AS column_name, type AS column_type, err_code AS error_code, err_reason::char(512) AS error_message FROM standin_load_errors;`;

/** Starts one for a test file. */
export async function startRedshift(s3: S3Server): Promise<Redshift> {
  const postgres = await startPostgres();
  const databases = new Map<string, TestDatabase>();
  const sessions = new Map<Socket, RedshiftSession>();
  const listener = createServer((socket) => {
    socket.setNoDelay(true);
    const { user, password } = postgres;
    let database: TestDatabase | undefined;
    const session = new RedshiftSession(socket, {
      s3,
      roles: ["default", STANDIN_ROLE],
      user,
      password,
      connect: async (name) => {
        database = databases.get(name);
        if (database === undefined) throw new Error(`database "${name}" does not exist`);
        return await database.connect();
      },
      beforeCopy: (sql) => server.beforeCopy(sql),
      logErrors: async (outcome, pid) => await logErrors(database, outcome, pid),
    });
    sessions.set(socket, session);
    socket.once("close", () => sessions.delete(socket));
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  const { port } = listener.address() as { port: number };
  const server: Redshift = {
    host: "127.0.0.1",
    port,
    role: STANDIN_ROLE,
    beforeCopy: () => Promise.resolve(),
    createDatabase: async () => {
      const database = await postgres.createDatabase();
      await database.query(CATALOG);
      databases.set(database.name, database);
      return database;
    },
    connection: (database, keys) => connectionOf(postgres, port, database, keys),
    [Symbol.asyncDispose]: async () => {
      listener.close();
      for (const [socket, session] of sessions) {
        socket.destroy();
        await session.end();
      }
      await postgres.stop();
    },
  };
  return server;
}

async function logErrors(database: TestDatabase | undefined, { oid, errors }: CopyOutcome, pid: number): Promise<void> {
  const client = await database?.connect();
  await client?.query(
    `INSERT INTO standin_load_errors SELECT $1, $2, r ->> 'file', (r ->> 'line')::bigint, r ->> 'column', r ->> 'type', r ->> 'raw',
       r ->> 'value', (r ->> 'code')::int, r ->> 'reason' FROM jsonb_array_elements($3::jsonb) AS r`,
    [oid, pid, JSON.stringify(errors)],
  );
  await client?.end();
}

function connectionOf(
  { user, password }: PostgresServer,
  port: number,
  database: TestDatabase,
  keys: Readonly<Record<string, string>> = {},
): TaskConnectionOf<"redshift"> {
  const secretDirectory = temporaryDirectory("redshift-secret");
  const secret = { host: "127.0.0.1", port: String(port), dbname: database.name, user, password, ...keys };
  for (const [key, value] of Object.entries(secret)) writeFileSync(`${secretDirectory}/${key}`, value);
  return { kind: "redshift", secretName: "warehouse", secretDirectory };
}
