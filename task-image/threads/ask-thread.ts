import { HEAP_MB, type StartedThread, startThread, type ThreadProgram } from "./thread.ts";

export interface Question<Message, Answer> {
  /** A program that takes one message and answers it, or a thread in which it is loaded already. */
  readonly thread: ThreadProgram | StartedThread;
  /** What the thread is asked. */
  readonly data: unknown;
  readonly signal: AbortSignal;
  /** Longest time until the thread's next message. */
  readonly patienceMs: number;
  /** The answer, if the message is it; undefined if it only says how far the thread is. */
  readonly answerOf: (message: Message) => Answer | undefined;
  /** What it means that time or memory ran out: "takes longer than 60 s". It may throw. */
  readonly tooMuch: (what: string) => Answer;
}

/** Asks a thread, which ends with the answer, and at once when the signal says so, whatever it computes. */
export async function askThread<Message, Answer>(question: Question<Message, Answer>): Promise<Answer> {
  const { data, signal, patienceMs, answerOf, tooMuch } = question;
  signal.throwIfAborted();
  await using thread = "worker" in question.thread ? question.thread : startThread(question.thread);
  const { worker, program } = thread;
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const settle = (make: () => Answer | undefined) => {
    try {
      const answer = make();
      if (answer !== undefined) resolve(answer);
    } catch (error) {
      reject(error);
    }
  };
  const wait = () => setTimeout(() => settle(() => tooMuch(`takes longer than ${patienceMs / 1000} s`)), patienceMs);
  let timer = wait();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", (message: Message) => {
    clearTimeout(timer);
    timer = wait();
    settle(() => answerOf(message));
  });
  const fail = (error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") settle(() => tooMuch(`needs more than ${HEAP_MB} MiB`));
    else reject(error);
  };
  worker.on("error", fail);
  worker.on("exit", () => reject(new Error(`the thread ${program.name} ended without a word`)));
  const lost = thread.lost();
  if (lost === undefined) worker.postMessage(data);
  else fail(lost);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
  }
}
