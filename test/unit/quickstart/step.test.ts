import { describe, expect, it } from "vitest";
import type { Report } from "../../../config/cluster/report.ts";
import { done, runSteps, Step, type StepHost } from "../../../config/quickstart/step.ts";

/** A host that writes down every change, with a clock that moves by a second at each of them. */
function recordingHost() {
  const steps: string[] = [];
  let now = 0;
  const host: StepHost = {
    now: () => now,
    changed: (step) => {
      now += 1000;
      steps.push(`${step.name} ${step.state}`);
    },
    log: (step, line) => steps.push(`${step.name}: ${line}`),
  };
  return { host, steps };
}

const never = new AbortController().signal;
const making = (value: string) => (report: Report) => {
  report.log("working");
  return Promise.resolve(done(value, `made ${value}`));
};

/** Work that ends when it is called off, as a program does that a signal reaches. */
const untilCalledOff = (report: Report) =>
  new Promise<never>((_, reject) => {
    report.signal.addEventListener("abort", () => reject(report.signal.reason), { once: true });
  });

describe("runSteps", () => {
  it("begins a step when the steps it needs are done and hands on what they made", async () => {
    const { host, steps } = recordingHost();
    const first = new Step("first", [], making("a"));
    const second = new Step("second", [first], async () => Promise.resolve(done(`${first.value}b`, "")));
    expect(await runSteps([first, second], host, never)).toBeUndefined();
    expect(second.value).toBe("ab");
    expect(steps).toEqual(["first running", "first: working", "first done", "second running", "second done"]);
  });

  it("runs steps that do not need each other at the same time", async () => {
    const meeting = Promise.withResolvers<void>();
    const waits = new Step("waits", [], async () => {
      await meeting.promise;
      return done(undefined, "");
    });
    const frees = new Step("frees", [], () => {
      meeting.resolve();
      return Promise.resolve(done(undefined, ""));
    });
    expect(await runSteps([waits, frees], recordingHost().host, never)).toBeUndefined();
    expect([waits.state, frees.state]).toEqual(["done", "done"]);
  });

  it("calls off the others when one fails, and returns the one that failed", async () => {
    const fails = new Step("fails", [], () => Promise.reject(new Error("no disk")));
    const long = new Step("long", [], untilCalledOff);
    const after = new Step("after", [long], making("x"));
    const failed = await runSteps([fails, long, after], recordingHost().host, never);
    expect(failed?.error?.message).toBe("no disk");
    expect([long.state, after.state]).toEqual(["stopped", "stopped"]);
  });

  it("counts no step as failed when the user calls it off", async () => {
    const user = new AbortController();
    const long = new Step("long", [], untilCalledOff);
    const running = runSteps([long], recordingHost().host, user.signal);
    user.abort(new Error("stopped"));
    expect(await running).toBeUndefined();
    expect(long.state).toBe("stopped");
  });

  it("refuses a step that stands before one it needs", async () => {
    const first = new Step("first", [], making("a"));
    const second = new Step("second", [first], making("b"));
    await expect(runSteps([second, first], recordingHost().host, never)).rejects.toThrow(
      'the step "second" needs "first", which does not come before it',
    );
  });

  it("does not give away a result that is not there yet", () => {
    const step = new Step("cluster", [], making("a"));
    expect(() => step.value).toThrow('the step "cluster" is waiting');
  });
});
