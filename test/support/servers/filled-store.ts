import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { freePort } from "../machine/free-port.ts";
import { until } from "../machine/until.ts";
import { type S3Server, startS3Server } from "./versitygw.ts";

const CONFIG = join(import.meta.dirname, "../../../config");

/** Starts an S3 server and fills it by the program of the sample's demo, as the pod of its store does. */
export async function startFilledStore(sample: string): Promise<S3Server> {
  const server = await startS3Server();
  await fillStore(server, sample);
  return server;
}

/** Runs the program until it says that all objects are there. Fails with what it printed where it ends before. */
async function fillStore({ endpoint, accessKey, secretKey }: S3Server, sample: string): Promise<void> {
  const program = join(CONFIG, "base/demo/store/fill.mts");
  const port = await freePort();
  const env = { ENDPOINT: endpoint, ACCESS_KEY: accessKey, SECRET_KEY: secretKey, PORT: String(port) };
  const filler = spawn(process.execPath, [program, join(CONFIG, "samples", sample, "demo/objects.mts")], { env });
  const printed: Buffer[] = [];
  for (const stream of [filler.stdout, filler.stderr]) stream.on("data", (data: Buffer) => printed.push(data));
  const ended = once(filler, "exit");
  try {
    await until(`the store of ${sample} is filled`, async () => {
      if (filler.exitCode !== null) throw new Error(`it was not filled: ${Buffer.concat(printed).toString()}`);
      return await isFilled(port);
    });
  } finally {
    filler.kill("SIGTERM");
    await ended;
  }
}

async function isFilled(port: number): Promise<boolean> {
  try {
    return (await fetch(`http://127.0.0.1:${port}/healthz`)).ok;
  } catch {
    return false;
  }
}
