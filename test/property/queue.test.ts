import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { WorkQueue } from "../../operator/kube/queue.ts";
import { FakeClock } from "../support/machine/fake-clock.ts";

const KEYS = ["one/a", "one/b", "two/a"] as const;
const key = fc.constantFrom(...KEYS);
const step = fc.oneof(
  fc.record({ do: fc.constant("add" as const), key }),
  fc.record({ do: fc.constant("addAfter" as const), key, ms: fc.integer({ min: 0, max: 50 }) }),
  fc.record({ do: fc.constant("addRateLimited" as const), key }),
  fc.record({ do: fc.constant("take" as const) }),
  fc.record({ do: fc.constant("done" as const), index: fc.nat(5) }),
  fc.record({ do: fc.constant("advance" as const), ms: fc.integer({ min: 0, max: 30 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** What the queue owes, kept in the plainest way: wanted now, wanted at a time, at work. */
class Model {
  readonly wanted = new Set<string>();
  readonly dueAt = new Map<string, number>();
  readonly working: string[] = [];

  later(key: string, at: number): void {
    this.dueAt.set(key, Math.min(at, this.dueAt.get(key) ?? Number.POSITIVE_INFINITY));
  }

  pass(now: number): void {
    for (const [key, at] of this.dueAt) {
      if (at > now) continue;
      this.dueAt.delete(key);
      this.wanted.add(key);
    }
  }

  /** Keys that a worker must get if it asks now. */
  get ready(): string[] {
    return [...this.wanted].filter((key) => !this.working.includes(key));
  }
}

async function play(steps: readonly Step[]): Promise<{ queue: WorkQueue; model: Model; clock: FakeClock }> {
  const clock = new FakeClock();
  const queue = new WorkQueue({ clock });
  const model = new Model();
  for (const next of steps) {
    await perform(next, { queue, model, clock });
    model.pass(clock.monotonic());
    expect(queue.depth).toBe(model.ready.length);
  }
  return { queue, model, clock };
}

async function perform(next: Step, world: { queue: WorkQueue; model: Model; clock: FakeClock }): Promise<void> {
  const { queue, model, clock } = world;
  switch (next.do) {
    case "add":
      queue.add(next.key);
      model.wanted.add(next.key);
      return;
    case "addAfter":
      queue.addAfter(next.key, next.ms);
      model.later(next.key, clock.monotonic() + next.ms);
      return;
    case "addRateLimited":
      model.later(next.key, clock.monotonic() + queue.addRateLimited(next.key));
      return;
    case "take":
      await take(queue, model);
      return;
    case "done": {
      const [finished] = model.working.splice(next.index % Math.max(1, model.working.length), 1);
      if (finished !== undefined) queue.done(finished);
      return;
    }
    case "advance":
      await clock.advance(next.ms);
      return;
    default:
      next satisfies never;
  }
}

/** A worker takes a key: one that is wanted and that nobody else has. */
async function take(queue: WorkQueue, model: Model): Promise<void> {
  if (model.ready.length === 0) return;
  const taken = (await queue.next()) ?? "nothing";
  expect(model.ready).toContain(taken);
  model.wanted.delete(taken);
  model.working.push(taken);
}

describe("a work queue, whatever is asked of it", () => {
  it("never has two workers on one key, loses none and keeps the earliest time of each", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => void (await play(steps))));
  });

  it("hands out every key that was asked for once its workers are done and time has passed", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        const { queue, model, clock } = await play(steps);
        for (const working of model.working.splice(0)) queue.done(working);
        await clock.advance(10_000_000);
        model.pass(clock.monotonic());
        const owed = model.ready.sort();
        const handed: (string | undefined)[] = [];
        while (queue.depth > 0) handed.push(await queue.next());
        expect(handed.sort()).toEqual(owed);
      }),
    );
  });

  it("serves no namespace twice in a row while another one has keys", async () => {
    const names = fc.array(fc.tuple(fc.constantFrom("x", "y", "z"), fc.nat(20)), { minLength: 1, maxLength: 40 });
    await fc.assert(
      fc.asyncProperty(names, async (pairs) => {
        const queue = new WorkQueue({ clock: new FakeClock() });
        for (const [namespace, name] of pairs) queue.add(`${namespace}/${name}`);
        const served: string[] = [];
        while (queue.depth > 0) served.push((await queue.next())?.split("/")[0] ?? "");
        served.forEach((namespace, index) => {
          const rest = served.slice(index + 1);
          if (rest[0] === namespace) expect(new Set(rest)).toEqual(new Set([namespace]));
        });
      }),
    );
  });
});
