import { type StartedThread, startThread } from "../../threads/thread.ts";
import type { RelationCache } from "../adapter/relation-cache.ts";
import { answerQuestions, type BridgeSession } from "../bridge/answering.ts";
import type { Said } from "../bridge/messages.ts";
import { Turns } from "../bridge/turns.ts";
import type { MacroText } from "../macros/known-files.ts";
import type { Catalog } from "./catalog.ts";
import type { NodeResult } from "./node-result.ts";
import type { Command, Done, Given, RunInput } from "./run-input.ts";

const PROGRAM = { folder: "dbt/run", name: "run-worker" };

/** Starts a thread that is to run nodes, before it is known which. */
export function startRunner(): StartedThread {
  return startThread(PROGRAM);
}

/** Lets a thread that has nothing to do yet cut files of macros that the run will have, too. */
export function showMacros({ worker }: StartedThread, macroFiles: readonly MacroText[]): void {
  worker.postMessage({ do: "know", macroFiles } satisfies Command);
}

export interface RunThreadOptions {
  /** A thread that runs nothing yet; one is started if none is given. */
  readonly runner?: StartedThread | undefined;
  readonly input: RunInput;
  readonly session: BridgeSession;
  readonly cache: RelationCache;
  /** What all threads of a run share; a thread that is alone needs none. */
  readonly turns?: Turns;
  readonly onSaid: (said: Said) => void;
}

/** A thread that runs nodes, one at a time. Disposing of it ends it within milliseconds, whatever it computes or waits for. */
export interface RunThread extends AsyncDisposable {
  /** Rejects with a message for people when schemas cannot be made or relations not be listed. */
  prepare(): Promise<void>;
  /** Rejects when the thread or its connection is lost; what goes wrong in the node is its result. */
  run(id: string, given: Given): Promise<NodeResult>;
  /** Asks the database what is there of nodes and sources. Rejects as `run` does; what it refuses is among the catalog's errors. */
  catalog(ids: readonly string[]): Promise<Catalog>;
}

export function startRunThread(options: RunThreadOptions): RunThread {
  const { runner = startRunner(), input, session, cache, turns = new Turns(), onSaid } = options;
  let settle: PromiseWithResolvers<Done> | undefined;
  const { worker } = runner;
  let lost: unknown = runner.lost();
  const lose = (error: unknown) => {
    lost ??= error;
    settle?.reject(lost);
  };
  const { end, close } = answerQuestions({ session, cache, turns, onSaid, onLost: lose });
  worker.on("message", (done: Done) => settle?.resolve(done));
  worker.on("error", lose);
  worker.on("exit", () => lose(new Error("the thread that ran the node ended without a word")));
  worker.postMessage({ do: "begin", input, end } satisfies Command, [end.port]);
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
    catalog: async (ids) => {
      const done = await ask({ do: "catalog", ids });
      if (done.did === "catalog") return done.catalog;
      throw new Error(`the thread did '${done.did}' when it was to read the catalog`);
    },
    [Symbol.asyncDispose]: async () => {
      await runner[Symbol.asyncDispose]();
      close();
    },
  };
}

/** Schemas could not be made, or relations not be listed. */
export class PreparationError extends Error {
  override readonly name = "PreparationError";
}
