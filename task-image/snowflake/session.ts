import type { Bind, Connection, ConnectionOptions, DataType } from "snowflake-sdk";
import type { TaskSpec } from "#api/task.ts";
import type { CommandContext } from "../commands/command.ts";
import { namedConnection } from "../connections/named-connection.ts";
import { TransientError } from "../errors.ts";
import { loadDriver } from "./driver.ts";
import { loginFailure } from "./failure.ts";
import { readSnowflakeSettings, type SnowflakeSettings } from "./settings.ts";

/** How often the driver asks a server again that does not answer a login. */
const LOGIN_RETRIES = 3;
/**
 * How long a statement waits for the lock of a table, in seconds. Snowflake ends a transaction that stands idle and is in somebody's way
 * after 5 minutes (documentation, "Transactions", aborting transactions): whoever waits outlives a writer whose pod is dead.
 */
const LOCK_TIMEOUT_SECONDS = 900;
/** The longest there is: 7 days. */
const STATEMENT_TIMEOUT_SECONDS = 604_800;
/** What the server writes, and reads again. */
const TIME_FORMAT = "'YYYY-MM-DD HH24:MI:SS.FF3 TZHTZM'";
/**
 * Parameters of every session (documentation, "Parameters"), whatever account and user have: texts are read and written in one way, names
 * between quotes are taken as they are, a MERGE that could choose between rows is refused, and no time limit but the warehouse's own ends
 * a long COPY.
 */
const PARAMETERS = {
  AUTOCOMMIT: "TRUE",
  TIMEZONE: "'UTC'",
  DATE_INPUT_FORMAT: "'AUTO'",
  TIME_INPUT_FORMAT: "'AUTO'",
  TIMESTAMP_INPUT_FORMAT: "'AUTO'",
  TIMESTAMP_OUTPUT_FORMAT: TIME_FORMAT,
  // An account's own form for these would win over the one before.
  TIMESTAMP_LTZ_OUTPUT_FORMAT: TIME_FORMAT,
  QUOTED_IDENTIFIERS_IGNORE_CASE: "FALSE",
  ERROR_ON_NONDETERMINISTIC_MERGE: "TRUE",
  LOCK_TIMEOUT: String(LOCK_TIMEOUT_SECONDS),
  STATEMENT_TIMEOUT_IN_SECONDS: String(STATEMENT_TIMEOUT_SECONDS),
} as const;
/** A server that does not say goodbye in this time is left without one. */
const CLOSE_TIMEOUT_MS = 5000;

/** Every value is handed on as the text that the server wrote. */
const AS_TEXT: DataType[] = ["Boolean", "Number", "Date", "JSON", "Buffer"];

/** A row: every value as text, by the column's name. */
export type Row = Readonly<Record<string, string | null>>;

/** One session of Snowflake. Disposing of it logs out; what was not committed is rolled back. */
export interface SnowflakeSession extends AsyncDisposable {
  readonly settings: SnowflakeSettings;
  /** Runs one statement with values for its question marks. Errors are the driver's own: see `snowflakeFailure`. */
  query(sql: string, values?: readonly Bind[]): Promise<readonly Row[]>;
}

/** Logs in to a connection that the manifest names. Throws a TaskFailure that says which connection, account and user. */
export async function openSnowflakeSession(
  spec: TaskSpec,
  connection: string,
  context: Pick<CommandContext, "signal" | "redactor">,
): Promise<SnowflakeSession> {
  const named = namedConnection(spec, connection, "snowflake");
  const settings = await readSnowflakeSettings(connection, named, context.redactor);
  return await logIn(settings, `kelt/${spec.run.pipeline}/${spec.node}`, context.signal);
}

/** Logs in. `tag` stands beside every statement in the warehouse's query history. */
export async function logIn(settings: SnowflakeSettings, tag: string, signal: AbortSignal): Promise<SnowflakeSession> {
  const driver = await loadDriver();
  const stopped = stoppedBy(signal, settings);
  const connection = driver.createConnection(optionsOf(settings, tag));
  try {
    await Promise.race([stopped.promise, open(connection)]);
  } catch (error) {
    stopped.forget();
    throw loginFailure(error, settings);
  }
  const query = (sql: string, values: readonly Bind[] = []) =>
    Promise.race([stopped.promise, run(connection, sql, values)]);
  const close = async () => {
    stopped.forget();
    await destroy(connection);
  };
  try {
    const parameters = Object.entries(PARAMETERS).map(([name, value]) => `${name} = ${value}`);
    await query(`ALTER SESSION SET ${parameters.join(" ")}`);
  } catch (error) {
    await close();
    throw loginFailure(error, settings);
  }
  return { settings, query, [Symbol.asyncDispose]: close };
}

function optionsOf(
  { account, endpoint, user, database, warehouse, role, login }: SnowflakeSettings,
  tag: string,
): ConnectionOptions {
  return {
    account,
    ...(endpoint === undefined ? {} : { accessUrl: endpoint.replace(/\/$/, "") }),
    username: user,
    database,
    ...(warehouse === undefined ? {} : { warehouse }),
    ...(role === undefined ? {} : { role }),
    ...authentication(login),
    application: "kelt",
    queryTag: tag,
    rowMode: "object",
    fetchAsString: AS_TEXT,
    // The driver would write NULL as the text "NULL" otherwise.
    representNullAsStringNull: false,
    clientSessionKeepAlive: true,
    clientStoreTemporaryCredential: false,
    sfRetryMaxLoginRetries: LOGIN_RETRIES,
  };
}

function authentication(login: SnowflakeSettings["login"]): ConnectionOptions {
  if (login.kind === "keyPair") return { authenticator: "SNOWFLAKE_JWT", privateKey: login.privateKey };
  if (login.kind === "token") return { authenticator: "PROGRAMMATIC_ACCESS_TOKEN", token: login.token };
  return { password: login.password };
}

function open(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    // The form with a promise of the driver's own forgets errors.
    connection.connect((error) => (error === undefined || error === null ? resolve() : reject(error)));
  });
}

function run(connection: Connection, sqlText: string, values: readonly Bind[]): Promise<readonly Row[]> {
  return new Promise((resolve, reject) => {
    connection.execute({
      sqlText,
      ...(values.length === 0 ? {} : { binds: values }),
      complete: (error, _statement, rows) => {
        if (error === undefined || error === null) resolve((rows ?? []) as readonly Row[]);
        else reject(error);
      },
    });
  });
}

function destroy(connection: Connection): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, CLOSE_TIMEOUT_MS);
    connection.destroy(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** A promise that rejects when the task is told to stop, until it is forgotten. */
function stoppedBy(signal: AbortSignal, { connection }: SnowflakeSettings) {
  const { promise, reject } = Promise.withResolvers<never>();
  // Nobody may be waiting when it happens.
  promise.catch(() => undefined);
  const stop = () => reject(new TransientError("Stopped", `connection ${connection}: the task was told to stop`));
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  return { promise, forget: () => signal.removeEventListener("abort", stop) };
}

/** The rows that an INSERT, UPDATE, DELETE or MERGE says it has written. */
export function writtenRows(answer: Row | undefined): number {
  const counts = Object.entries(answer ?? {}).filter(([name]) => name.startsWith("number of rows "));
  return counts.reduce((sum, [, count]) => sum + Number(count), 0);
}
