import { HEAP_MB, startThread, type ThreadProgram } from "./thread.ts";

export interface Question<Message, Answer> {
  readonly program: ThreadProgram;
  /** What the thread is started with. */
  readonly data: unknown;
  readonly signal: AbortSignal;
  /** Longest time until the thread's next message. */
  readonly patienceMs: number;
  /** The answer, if the message is it; undefined if it only says how far the thread is. */
  readonly answerOf: (message: Message) => Answer | undefined;
  /** What it means that time or memory ran out: "takes longer than 60 s". It may throw. */
  readonly tooMuch: (what: string) => Answer;
}

/** Asks a thread of its own, which ends with the answer, and at once when the signal says so, whatever it computes. */
export async function askThread<Message, Answer>(question: Question<Message, Answer>): Promise<Answer> {
  const { program, data, signal, patienceMs, answerOf, tooMuch } = question;
  signal.throwIfAborted();
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const settle = (make: () => Answer | undefined) => {
    try {
      const answer = make();
      if (answer !== undefined) resolve(answer);
    } catch (error) {
      reject(error);
    }
  };
  const worker = startThread(program, data);
  const wait = () => setTimeout(() => settle(() => tooMuch(`takes longer than ${patienceMs / 1000} s`)), patienceMs);
  let timer = wait();
  const stop = () => reject(signal.reason);
  signal.addEventListener("abort", stop, { once: true });
  worker.on("message", (message: Message) => {
    clearTimeout(timer);
    timer = wait();
    settle(() => answerOf(message));
  });
  worker.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "ERR_WORKER_OUT_OF_MEMORY") settle(() => tooMuch(`needs more than ${HEAP_MB} MiB`));
    else reject(error);
  });
  worker.on("exit", () => reject(new Error(`the thread ${program.name} ended without a word`)));
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", stop);
    await worker.terminate();
  }
}
