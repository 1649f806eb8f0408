import { startThread } from "../../threads/thread.ts";
import type { RelationCache } from "../adapter/relation-cache.ts";
import { answerQuestions, type BridgeSession } from "../bridge/answering.ts";
import type { Said } from "../bridge/messages.ts";
import type { NodeResult } from "./node-result.ts";
import type { Command, Done, Given, RunInput, ThreadStart } from "./run-input.ts";

const PROGRAM = { folder: "dbt/run", name: "run-worker" };

export interface RunThreadOptions {
  readonly input: RunInput;
  readonly session: BridgeSession;
  readonly cache: RelationCache;
  readonly onSaid: (said: Said) => void;
}

/** A thread that runs nodes, one at a time. Disposing of it ends it within milliseconds, whatever it computes or waits for. */
export interface RunThread extends AsyncDisposable {
  /** Rejects with a message for people when schemas cannot be made or relations not be listed. */
  prepare(): Promise<void>;
  /** Rejects when the thread or its connection is lost; what goes wrong in the node is its result. */
  run(id: string, given: Given): Promise<NodeResult>;
}

export function startRunThread({ input, session, cache, onSaid }: RunThreadOptions): RunThread {
  let settle: PromiseWithResolvers<Done> | undefined;
  let lost: unknown;
  const lose = (error: unknown) => {
    lost ??= error;
    settle?.reject(lost);
  };
  const { end, close } = answerQuestions({ session, cache, onSaid, onLost: lose });
  const workerData: ThreadStart = { input, end };
  const worker = startThread(PROGRAM, workerData, [end.port]);
  worker.on("message", (done: Done) => settle?.resolve(done));
  worker.on("error", lose);
  worker.on("exit", () => lose(new Error("the thread that ran the node ended without a word")));
  const ask = async (command: Command): Promise<Done> => {
    if (lost !== undefined) throw lost;
    settle = Promise.withResolvers<Done>();
    worker.postMessage(command);
    return await settle.promise;
  };
  return {
    prepare: async () => {
      const done = await ask({ do: "prepare" });
      if (done.did === "prepare" && done.problem !== undefined) throw new PreparationError(done.problem);
    },
    run: async (id, given) => {
      const done = await ask({ do: "run", id, given });
      if (done.did === "run") return done.result;
      throw new Error(`the thread did '${done.did}' when it was to run ${id}`);
    },
    [Symbol.asyncDispose]: async () => {
      await worker.terminate();
      close();
    },
  };
}

/** Schemas could not be made, or relations not be listed. */
export class PreparationError extends Error {
  override readonly name = "PreparationError";
}
