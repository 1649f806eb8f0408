import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Pace } from "../../operator/kube/pace.ts";
import { WorkQueue } from "../../operator/kube/queue.ts";
import { FakeClock, settled } from "../support/machine/fake-clock.ts";

const OTHERS = ["a", "b", "c"] as const;
const load = fc.array(fc.tuple(fc.constantFrom(...OTHERS), fc.nat(30)), { maxLength: 80 });

/** Workers of a queue as the loop has them, each of which keeps its key until the test lets it go. */
class Workers {
  readonly #queue: WorkQueue;
  readonly working: string[] = [];

  constructor(queue: WorkQueue, count: number) {
    this.#queue = queue;
    for (let worker = 0; worker < count; worker++) void this.#work();
  }

  async #work(): Promise<void> {
    const key = await this.#queue.next();
    if (key !== undefined) this.working.push(key);
  }

  /** The work on a key ends, and its worker asks for another one. */
  async finish(index: number): Promise<void> {
    const [key] = this.working.splice(index % Math.max(1, this.working.length), 1);
    if (key === undefined) return;
    this.#queue.done(key);
    void this.#work();
    await settled();
  }
}

const namespaceOf = (key: string) => key.split("/")[0] ?? "";

describe("whatever the others have to do", () => {
  it("a namespace with nothing at work begins at once, while spare workers are there", async () => {
    await fc.assert(
      fc.asyncProperty(load, fc.integer({ min: 1, max: 6 }), async (pairs, shared) => {
        const queue = new WorkQueue({ clock: new FakeClock(), shared });
        const workers = new Workers(queue, shared + OTHERS.length + 1);
        for (const [namespace, name] of pairs) queue.add(`${namespace}/${name}`);
        queue.add("quiet/key");
        await settled();
        expect(workers.working).toContain("quiet/key");
      }),
    );
  });

  it("a key waits for one turn at most of each other namespace, when no spare worker is left", async () => {
    await fc.assert(
      fc.asyncProperty(load, fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(9)), async (pairs, count, ends) => {
        const queue = new WorkQueue({ clock: new FakeClock() });
        const workers = new Workers(queue, count);
        for (const [namespace, name] of pairs) queue.add(`${namespace}/${name}`);
        await settled();
        const before = new Set(workers.working);
        queue.add("quiet/key");
        await settled();
        const begun: string[] = [];
        for (let turn = 0; !workers.working.includes("quiet/key"); turn++) {
          await workers.finish(ends[turn] ?? turn);
          begun.push(...workers.working.filter((key) => !before.has(key) && !begun.includes(key)));
          for (const key of workers.working) before.add(key);
        }
        const others = begun.map(namespaceOf).filter((namespace) => namespace !== "quiet");
        expect(others).toHaveLength(new Set(others).size);
      }),
    );
  });

  it("no worker of the shared ones rests while a key is in line", async () => {
    await fc.assert(
      fc.asyncProperty(load, fc.integer({ min: 1, max: 4 }), fc.array(fc.nat(9)), async (pairs, shared, ends) => {
        const queue = new WorkQueue({ clock: new FakeClock(), shared });
        const workers = new Workers(queue, shared + OTHERS.length);
        for (const [namespace, name] of pairs) queue.add(`${namespace}/${name}`);
        await settled();
        for (const end of ends) {
          if (queue.depth > 0) expect(workers.working.length).toBeGreaterThanOrEqual(shared);
          await workers.finish(end);
        }
      }),
    );
  });

  const calls = fc.array(fc.tuple(fc.constantFrom(...OTHERS), fc.constantFrom("read", "write", "event")), {
    maxLength: 60,
  });
  const rate = (perSecond: number) => ({ perSecond, burst: 1 });

  it("a call waits for one call at most of each other namespace", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (crowd) => {
        const clock = new FakeClock();
        const pace = new Pace(clock, {
          ...{ total: rate(10), namespaceWrites: { perSecond: 1_000, burst: 1_000 } },
          ...{ underWayMax: 1_000, namespaceUnderWayMax: 1_000 },
        });
        const left: string[] = [];
        for (const [namespace, what] of crowd) void pace.enter({ namespace, what }).then(() => left.push(namespace));
        await settled();
        const before = left.length;
        void pace.enter({ namespace: "quiet", what: "write" }).then(() => left.push("quiet"));
        await clock.advance(10_000);
        expect(left).toHaveLength(crowd.length + 1);
        const first = left.slice(before, left.indexOf("quiet"));
        expect(first).toHaveLength(new Set(first).size);
      }),
    );
  });

  it("a call goes whenever a token is there and any call may", async () => {
    await fc.assert(
      fc.asyncProperty(calls, async (crowd) => {
        const clock = new FakeClock();
        const limits = { underWayMax: 1_000, namespaceUnderWayMax: 1_000 };
        const pace = new Pace(clock, { total: rate(10), namespaceWrites: rate(1_000), ...limits });
        let left = 0;
        for (const [namespace, what] of crowd) void pace.enter({ namespace, what }).then(() => left++);
        for (let tokens = 1; tokens <= crowd.length; tokens++) {
          await clock.advance(tokens === 1 ? 0 : 100);
          expect(left).toBe(tokens);
        }
      }),
    );
  });
});
