import { expect, test } from "vitest";
import { askThread, type Question } from "../../../../task-image/threads/ask-thread.ts";

/** A thread that reads a project. What it is given here is none, so that it ends with an error as soon as it looks. */
const QUESTION: Question<unknown, string> = {
  thread: { folder: "dbt/run", name: "read-worker" },
  data: {},
  signal: new AbortController().signal,
  patienceMs: 60_000,
  answerOf: () => "an answer",
  tooMuch: (what) => `it ${what}`,
};

test("an error of the thread is the caller's", async () => {
  await expect(askThread(QUESTION)).rejects.toThrow(TypeError);
});

test("time that runs out is what the caller makes of it: an answer, or an error", async () => {
  // No thread starts within a thousandth of a second.
  expect(await askThread({ ...QUESTION, patienceMs: 1 })).toBe("it takes longer than 0.001 s");
  const tooMuch = (what: string): never => {
    throw new RangeError(what);
  };
  await expect(askThread({ ...QUESTION, patienceMs: 1, tooMuch })).rejects.toThrow(RangeError);
});

test("a thread ends when its caller is told to stop, before it begins and at work", async () => {
  await expect(askThread({ ...QUESTION, signal: AbortSignal.abort(new Error("stop")) })).rejects.toThrow("stop");
  const controller = new AbortController();
  const asked = askThread({ ...QUESTION, signal: controller.signal });
  controller.abort(new Error("stop at work"));
  await expect(asked).rejects.toThrow("stop at work");
});
