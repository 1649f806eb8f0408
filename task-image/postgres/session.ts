import type { Socket } from "node:net";
import type { Client, ClientConfig, QueryResult, QueryResultRow } from "pg";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { type PostgresSettings, readPostgresSettings } from "../connections/postgres-settings.ts";
import { connectionFailure, passwordMissing, stopped } from "./connection-failure.ts";
import { isServerError } from "./failure.ts";
import { isTlsToBlame, type TlsAttempt, tlsAttempts } from "./tls.ts";

const CONNECT_TIMEOUT_MS = 20_000;
/** A server that does not say goodbye in this time is left without one. */
const CLOSE_TIMEOUT_MS = 5000;
const KEEPALIVE_IDLE_MS = 30_000;
const APPLICATION_NAME_BYTES_MAX = 63;

/**
 * Settings of every session, applied where the server knows them. The first group makes values read and written as text mean
 * the same on every server, as pg_dump does; the second one takes away time limits that would end a long load; the third one
 * lets a server notice within a minute and a half that the pod is gone, so that its locks do not outlive it; the last one lets rows be read
 * in the order in which they were written.
 */
const SETTINGS: Readonly<Record<string, string>> = {
  DateStyle: "ISO, YMD",
  IntervalStyle: "postgres",
  TimeZone: "UTC",
  extra_float_digits: "3",
  bytea_output: "hex",
  lc_monetary: "C",
  standard_conforming_strings: "on",

  statement_timeout: "0",
  lock_timeout: "0",
  transaction_timeout: "0",

  tcp_keepalives_idle: "30",
  tcp_keepalives_interval: "10",
  tcp_keepalives_count: "3",
  tcp_user_timeout: "60000",
  client_connection_check_interval: "5000",

  synchronize_seqscans: "off",
};

/** One connection to a database. Disposing of it closes it; what was not committed is rolled back. */
export interface Session extends AsyncDisposable {
  readonly settings: PostgresSettings;
  /** The driver's client, for COPY streams. */
  readonly client: Client;
  /** The server's version as Postgres counts: 180004 is 18.4. */
  readonly serverVersion: number;
  /** Runs SQL. Errors are the server's own: see `databaseFailure`. */
  query<R extends QueryResultRow = QueryResultRow>(sql: string, values?: readonly unknown[]): Promise<QueryResult<R>>;
  /** Closes the socket at once: whatever runs is rolled back by the server. */
  destroy(): void;
}

export interface SessionOptions {
  /** Every transaction of the session is read-only, and reads all rows. */
  readonly readOnly?: boolean;
  /** Where row level security would leave rows out, the server refuses the statement (`row_security = off`, as pg_dump has it). */
  readonly readsAllRows?: boolean;
  /** The server ends a session that stays idle in a transaction this long. No limit where it is missing. */
  readonly idleInTransactionMs?: number;
  /** Sets up a session of a server that only speaks as Postgres does, in place of what Postgres needs; answers its version. */
  readonly configure?: (client: Client) => Promise<number>;
}

/** Connects to a connection that the manifest names. Throws a TaskFailure that says which connection, host, database and user. */
export async function openSession(
  spec: TaskSpec,
  connection: string,
  context: Pick<CommandContext, "signal" | "redactor">,
  options: SessionOptions = {},
): Promise<Session> {
  const named = namedConnection(spec, connection, "postgres");
  const settings = await readPostgresSettings(connection, named, context.redactor);
  return connect(settings, applicationNameOf(spec), context.signal, options);
}

/** What the server's list of sessions shows. */
export function applicationNameOf({ run, node }: Pick<TaskSpec, "run" | "node">): string {
  return `kelt/${run.pipeline}/${node}`.slice(0, APPLICATION_NAME_BYTES_MAX);
}

/** Connects, trying the kinds of TLS that sslmode allows one after the other. */
export async function connect(
  settings: PostgresSettings,
  applicationName: string,
  signal: AbortSignal,
  options: SessionOptions = {},
): Promise<Session> {
  const client = await connectClient(settings, applicationName, signal);
  let lost: Error | undefined;
  // A connection that is lost while nothing runs shows at the next query.
  client.on("error", (error) => {
    lost ??= error;
  });
  const destroy = () => void socketOf(client).destroy();
  signal.addEventListener("abort", destroy, { once: true });
  const query = <R extends QueryResultRow>(sql: string, values?: readonly unknown[]) => {
    if (signal.aborted) return Promise.reject(stopped(settings));
    if (lost !== undefined) return Promise.reject(lost);
    const answer = values === undefined ? client.query<R>(sql) : client.query<R>(sql, [...values]);
    // Beside the caller's own handlers, which come later: an error that went through a promise more could come after the loss of the
    // connection that it explains.
    answer.catch((error: unknown) => {
      if (isServerError(error)) Object.assign(error, { statement: sql });
    });
    return answer;
  };
  const close = async () => {
    signal.removeEventListener("abort", destroy);
    if (socketOf(client).destroyed) return;
    const deadline = setTimeout(destroy, CLOSE_TIMEOUT_MS);
    await client.end().finally(() => clearTimeout(deadline));
  };
  try {
    const serverVersion = await (options.configure?.(client) ?? configureSession(client, options));
    return { settings, client, serverVersion, query, destroy, [Symbol.asyncDispose]: close };
  } catch (error) {
    destroy();
    throw connectionFailure(error, settings);
  }
}

/** The driver is imported when it is wanted. */
export async function loadDriver() {
  const { default: pg } = await import("pg");
  return pg;
}

async function connectClient(
  settings: PostgresSettings,
  applicationName: string,
  signal: AbortSignal,
): Promise<Client> {
  const pg = await loadDriver();
  const attempts = tlsAttempts(settings);
  for (const [index, ssl] of attempts.entries()) {
    const client = new pg.Client(clientConfig(settings, applicationName, ssl));
    const stop = () => void socketOf(client).destroy(stopped(settings));
    client.on("error", () => undefined);
    try {
      if (signal.aborted) throw stopped(settings);
      signal.addEventListener("abort", stop, { once: true });
      await client.connect();
      return client;
    } catch (error) {
      socketOf(client).destroy();
      if (index < attempts.length - 1 && isTlsToBlame(error)) continue;
      throw connectionFailure(error, settings);
    } finally {
      signal.removeEventListener("abort", stop);
    }
  }
  throw new Error(`sslmode ${settings.sslMode} allows no way to connect`);
}

function clientConfig(settings: PostgresSettings, applicationName: string, ssl: TlsAttempt): ClientConfig {
  return {
    host: settings.host,
    port: settings.port,
    database: settings.database,
    user: settings.user,
    // A function keeps the driver from looking for a password in files of its own.
    password: () => {
      if (settings.password === undefined) throw passwordMissing(settings);
      return settings.password;
    },
    ssl,
    application_name: applicationName,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_IDLE_MS,
  };
}

function socketOf(client: Client): Socket {
  return client.connection.stream as Socket;
}

function configureSession(client: Client, options: SessionOptions): Promise<number> {
  return applySettings(client, {
    ...SETTINGS,
    idle_in_transaction_session_timeout: String(options.idleInTransactionMs ?? 0),
    ...(options.readOnly === true ? { default_transaction_read_only: "on" } : {}),
    ...(options.readOnly === true || options.readsAllRows === true ? { row_security: "off" } : {}),
  });
}

/** Applies the settings that this server knows and answers its version, in one round trip. */
export async function applySettings(client: Client, settings: Readonly<Record<string, string>>): Promise<number> {
  const { rows } = await client.query<{ version: number }>(
    `SELECT current_setting('server_version_num')::int AS version, count(set_config(s.name, v.value, false))
     FROM pg_catalog.pg_settings s JOIN json_each_text($1::json) v ON lower(v.key) = lower(s.name)`,
    [JSON.stringify(settings)],
  );
  return rows[0]?.version ?? 0;
}
