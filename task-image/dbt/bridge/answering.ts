import { MessageChannel } from "node:worker_threads";
import type { RelationCache } from "../adapter/relation-cache.ts";
import type { Answer, BridgeEnd, Question, RefusedStatement, Said, StatementResult } from "./messages.ts";
import type { Turns } from "./turns.ts";

/** A session of the database, as the bridge uses it. */
export interface BridgeSession {
  /** Runs a text; answers what its last statement did, or why the server refused it. Rejects when the connection is lost. */
  run(sql: string): Promise<StatementResult | { readonly refused: RefusedStatement }>;
  /** Runs `COPY … FROM STDIN`. */
  copy(sql: string, input: string): Promise<StatementResult | { readonly refused: RefusedStatement }>;
}

export interface AnsweringOptions {
  readonly session: BridgeSession;
  readonly cache: RelationCache;
  readonly turns: Turns;
  readonly onSaid: (said: Said) => void;
  /** The session is lost: the thread gets no answer any more, and is to be ended. */
  readonly onLost: (error: unknown) => void;
}

export interface AnsweringEnd {
  /** For the worker thread; its port is to be transferred. */
  readonly end: BridgeEnd;
  close(): void;
}

/** The bridge in the thread that owns the sessions: it answers one thread that renders, one question after the other. */
export function answerQuestions({ session, cache, turns, onSaid, onLost }: AnsweringOptions): AnsweringEnd {
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const send = (answer: Answer) => {
    port1.postMessage(answer);
    Atomics.store(flag, 0, 1);
    Atomics.notify(flag, 0);
  };
  let endTurn: () => void = () => undefined;
  let isClosed = false;
  const answer = async (question: Question): Promise<Answer> => {
    if (question.ask !== "turn") return await answerTo(question, session, cache);
    endTurn();
    if (question.isOver) return { turn: "is over" };
    endTurn = await turns.take();
    if (isClosed) endTurn();
    return { turn: "has begun" };
  };
  port1.on("message", (message: Question | Said) => {
    if ("say" in message) return onSaid(message);
    answer(message).then(send, onLost);
  });
  const close = () => {
    // A thread that is ended has no turn any more.
    isClosed = true;
    endTurn();
    port1.close();
  };
  return { end: { port: port2, flag }, close };
}

type Asked = Exclude<Question, { readonly ask: "turn" }>;

async function answerTo(question: Asked, session: BridgeSession, cache: RelationCache): Promise<Answer> {
  if (question.ask === "cache") return { relations: cache.answer(question.call) };
  const { sql } = question;
  const result = await (question.ask === "copy" ? session.copy(sql, question.input) : session.run(sql));
  return "refused" in result ? result : { statement: result };
}
