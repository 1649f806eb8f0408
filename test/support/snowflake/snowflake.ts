import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskConnectionOf } from "#api/task.ts";
import { freePort } from "../machine/free-port.ts";
import { onProcessEnd } from "../machine/process-end.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { until } from "../machine/until.ts";
import type { S3Server } from "../servers/versitygw.ts";
import { fakesnowPython } from "./python.ts";
import { type Loss, SnowflakeProtocol } from "./server.ts";
import { openUpstream, type Rowset } from "./upstream.ts";

/** Characters that have broken logins and messages. */
const PASSWORD = "sn0w+fl/ake=p&ss'w\"rd%";
const ACCOUNT = "acme";
const USER = "LOADER";

/** A Snowflake of the test's own on 127.0.0.1. It ends with `stop`, and with the process at the latest. */
export interface SnowflakeServer {
  readonly password: string;
  /** The connection as a task gets it. `secret` replaces the keys of its Secret, `more` adds options. */
  connection(
    more?: Partial<TaskConnectionOf<"snowflake">>,
    secret?: Readonly<Record<string, string>>,
  ): TaskConnectionOf<"snowflake">;
  /** What a query answers, past the stand-in: rows by column, every value as text. */
  query(sql: string): Promise<readonly Readonly<Record<string, string | null>>[]>;
  /** The same through the stand-in, for what fakesnow lacks: as somebody else who is logged in. */
  statement(sql: string): ReturnType<SnowflakeServer["query"]>;
  /** Every statement that was sent, in order. */
  readonly statements: readonly string[];
  /** Loses connections from now on where the function says so; the statement waits for its answer. */
  lose(when: (sql: string) => Loss | Promise<Loss>): void;
  stop(): Promise<void>;
}

export interface SnowflakeSettings {
  readonly store?: S3Server;
  /** Another way to log in than by the password. */
  readonly token?: string;
  readonly publicKey?: string;
}

/** Starts fakesnow and what translates for it. `hookTimeout` has to leave room for making its environment once. */
export async function startSnowflake({ store, ...ways }: SnowflakeSettings = {}): Promise<SnowflakeServer> {
  const python = await fakesnowPython();
  const port = await freePort();
  const program = join(import.meta.dirname, "rowsets.py");
  // It keeps a folder for its stages, and does not remove it when it is killed.
  const env = { ...process.env, TMPDIR: temporaryDirectory("fakesnow") };
  const fakesnow = spawn(python, [program, String(port)], { stdio: "ignore", env });
  const kill = () => fakesnow.kill("SIGKILL");
  const forget = onProcessEnd(kill);
  const upstream = `http://127.0.0.1:${port}`;
  await until("fakesnow answers", () => isUp(upstream));
  const statements: string[] = [];
  let losing: (sql: string) => Loss | Promise<Loss> = () => undefined;
  const onStatement = (sql: string) => {
    statements.push(sql);
    return losing(sql);
  };
  const users = new Map([[USER, { password: PASSWORD, ...ways }]]);
  const integrations = new Map(store === undefined ? [] : [["LAKE", store] as const]);
  const server = await SnowflakeProtocol.start({ upstream, database: "DB", users, integrations, onStatement });
  const direct = await openUpstream(upstream, "DB");
  return {
    password: PASSWORD,
    statements,
    lose: (when) => {
      losing = when;
    },
    connection: (more = {}, secret = { user: USER, password: PASSWORD }) => {
      const secretDirectory = temporaryDirectory("snowflake-secret");
      for (const [key, value] of Object.entries(secret)) writeFileSync(join(secretDirectory, key), value);
      const endpoint = `http://127.0.0.1:${server.port}`;
      return {
        kind: "snowflake",
        secretName: "snowflake",
        secretDirectory,
        account: ACCOUNT,
        endpoint,
        database: "DB",
        warehouse: "LOADING",
        ...more,
      };
    },
    query: async (sql) => objectsOf(await direct.run(sql)),
    statement: async (sql) => objectsOf(await server.execute(sql)),
    stop: async () => {
      await server.stop();
      forget();
      if (fakesnow.exitCode !== null || fakesnow.signalCode !== null) return;
      kill();
      await once(fakesnow, "exit");
    },
  };
}

function objectsOf({ rowtype, rows }: Rowset): Awaited<ReturnType<SnowflakeServer["query"]>> {
  return rows.map((row) => Object.fromEntries(rowtype.map(({ name }, index) => [name, row[index] ?? null])));
}

async function isUp(origin: string): Promise<boolean> {
  try {
    await fetch(origin);
    return true;
  } catch {
    return false;
  }
}
