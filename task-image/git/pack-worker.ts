import { parentPort } from "node:worker_threads";
import type { ErrorCode } from "#api/error-codes.ts";
import { ConfigurationError } from "../errors.ts";
import { type CommitFiles, readCommitFiles } from "./commit-files.ts";
import type { FromReadWorker } from "./read-message.ts";

/** The thread in which packs are read: whatever is in them, the process can still be stopped. */
async function read(wanted: CommitFiles): Promise<FromReadWorker> {
  try {
    const files = await readCommitFiles(wanted);
    return files === undefined ? { lacksCommit: true } : { files };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    return { code: error.code as ErrorCode<"configuration">, message: error.message };
  }
}

parentPort?.once("message", async (wanted: CommitFiles) => parentPort?.postMessage(await read(wanted)));
