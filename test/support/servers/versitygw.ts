import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TaskConnectionOf } from "#api/task.ts";
import { buildVersitygw } from "../../../config/cluster/versitygw.ts";
import { freePort } from "../machine/free-port.ts";
import { onProcessEnd } from "../machine/process-end.ts";
import { temporaryDirectory } from "../machine/temporary-directory.ts";
import { until } from "../machine/until.ts";

const ACCESS_KEY = "kelttest";
/** Signs requests and stands in headers: characters that have broken both. */
const SECRET_KEY = "s3cr+t/with=odd&chars%20";

/** A throwaway S3 server on 127.0.0.1 whose buckets are folders. It ends with `stop`, and with the process at the latest. */
export interface S3Server extends AsyncDisposable {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  /** The connection as a task gets it. `keys` replaces keys of its Secret. */
  connection(bucket: string, keys?: Readonly<Record<string, string>>): TaskConnectionOf<"s3">;
  stop(): Promise<void>;
}

/** Starts a server. `hookTimeout` has to leave room for building it once. Have one server per test file. */
export async function startS3Server(): Promise<S3Server> {
  const signal = new AbortController().signal;
  const program = await buildVersitygw({ signal, progress: () => undefined, log: () => undefined });
  const directory = temporaryDirectory("s3");
  const [root, metadata] = ["objects", "metadata"].map((name) => join(directory, name)) as [string, string];
  for (const folder of [root, metadata]) mkdirSync(folder);
  const address = `127.0.0.1:${await freePort()}`;
  // Not every file system of a machine has the extended attributes that metadata is kept in otherwise.
  const server = spawn(
    program,
    ["--port", address, "--quiet", "--health", "/health", "posix", "--sidecar", metadata, root],
    {
      env: { ROOT_ACCESS_KEY: ACCESS_KEY, ROOT_SECRET_KEY: SECRET_KEY },
      stdio: "ignore",
    },
  );
  const kill = () => server.kill("SIGKILL");
  const forget = onProcessEnd(kill);
  const stop = async () => {
    forget();
    if (server.exitCode !== null || server.signalCode !== null) return;
    server.kill("SIGKILL");
    await once(server, "exit");
  };
  const endpoint = `http://${address}`;
  await until("the S3 server answers", () => isHealthy(endpoint));
  const connection = (bucket: string, keys: Readonly<Record<string, string>> = {}): TaskConnectionOf<"s3"> => {
    const secretDirectory = temporaryDirectory("s3-secret");
    const secret = { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY, ...keys };
    for (const [key, value] of Object.entries(secret)) writeFileSync(join(secretDirectory, key), value);
    return { kind: "s3", secretName: "lake", secretDirectory, bucket, endpoint, region: "us-east-1" };
  };
  return { endpoint, accessKey: ACCESS_KEY, secretKey: SECRET_KEY, connection, stop, [Symbol.asyncDispose]: stop };
}

async function isHealthy(endpoint: string): Promise<boolean> {
  try {
    return (await fetch(`${endpoint}/health`)).ok;
  } catch {
    return false;
  }
}
