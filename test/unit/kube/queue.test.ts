import { describe, expect, it } from "vitest";
import { WorkQueue } from "../../../operator/kube/queue.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";

async function drain(queue: WorkQueue): Promise<string[]> {
  const keys: string[] = [];
  while (queue.depth > 0) {
    const key = await queue.next();
    if (key === undefined) break;
    keys.push(key);
    queue.done(key);
  }
  return keys;
}

describe("a work queue", () => {
  it("hands out a key once however often it was added", async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    for (const key of ["ns/a", "ns/b", "ns/a"]) queue.add(key);
    expect(await drain(queue)).toEqual(["ns/a", "ns/b"]);
  });

  it("gives a key that is at work to nobody else, and again when it was added meanwhile", async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    queue.add("ns/a");
    expect(await queue.next()).toBe("ns/a");
    queue.add("ns/a");
    queue.add("ns/a");
    expect(queue.depth).toBe(0);
    queue.done("ns/a");
    expect(await drain(queue)).toEqual(["ns/a"]);
  });

  it("hands a key to the worker that has waited longest", async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    const workers = [queue.next(), queue.next()];
    queue.add("ns/a");
    queue.add("ns/b");
    expect(await Promise.all(workers)).toEqual(["ns/a", "ns/b"]);
  });

  it("adds a delayed key at the earliest of the times that were asked for", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter("ns/a", 500);
    queue.addAfter("ns/a", 100);
    queue.addAfter("ns/a", 900);
    await clock.advance(99);
    expect(queue.depth).toBe(0);
    await clock.advance(1);
    expect(await drain(queue)).toEqual(["ns/a"]);
    await clock.advance(10_000);
    expect(queue.depth).toBe(0);
    expect(clock.pending).toBe(0);
  });

  it("keeps a delay apart from the line: a key that is added now comes now and at its time", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter("ns/a", 500);
    queue.add("ns/a");
    expect(await drain(queue)).toEqual(["ns/a"]);
    await clock.advance(500);
    expect(await drain(queue)).toEqual(["ns/a"]);
  });

  it("keeps no time of a key that succeeded: one that is gone is not looked at again weeks later", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.addAfter("ns/a", 500);
    queue.forget("ns/a");
    await clock.advance(1_000);
    expect(queue.depth).toBe(0);
  });

  it("doubles the wait of a key from 5 ms to 1000 s with each failure until it is forgotten", () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    const waits = Array.from({ length: 20 }, () => queue.addRateLimited("ns/a"));
    expect(waits.slice(0, 4)).toEqual([5, 10, 20, 40]);
    expect(waits.at(-1)).toBe(1_000_000);
    expect(queue.failures("ns/a")).toBe(20);
    queue.forget("ns/a");
    expect(queue.addRateLimited("ns/a")).toBe(5);
    expect(queue.addRateLimited("ns/b")).toBe(5);
  });

  it("takes the namespaces by turns, so that a crowd in one delays no other", async () => {
    const queue = new WorkQueue({ clock: new FakeClock() });
    for (const key of ["crowd/1", "crowd/2", "crowd/3", "small/1"]) queue.add(key);
    expect(await drain(queue)).toEqual(["crowd/1", "small/1", "crowd/2", "crowd/3"]);
  });

  it("hands out nothing once shut down and is drained when the last work is done", async () => {
    const clock = new FakeClock();
    const queue = new WorkQueue({ clock });
    queue.add("ns/a");
    queue.addAfter("ns/c", 10);
    const working = await queue.next();
    const idle = queue.next();
    queue.add("ns/a");
    let drained = false;
    const shutDown = queue.shutDown().then(() => {
      drained = true;
    });
    expect(await idle).toBeUndefined();
    await clock.advance(1_000);
    expect(drained).toBe(false);
    queue.done(working ?? "");
    await shutDown;
    queue.add("ns/b");
    expect(await queue.next()).toBeUndefined();
    expect(clock.pending).toBe(0);
  });

  it("measures depth, time in line, time at work and retries", async () => {
    const clock = new FakeClock();
    const seen: [string, number?][] = [];
    const observer = {
      added: () => seen.push(["added"]),
      waited: (ms: number) => seen.push(["waited", ms]),
      worked: (ms: number) => seen.push(["worked", ms]),
      retried: () => seen.push(["retried"]),
    };
    const queue = new WorkQueue({ clock, observer });
    queue.add("ns/a");
    queue.add("ns/a");
    expect(queue.depth).toBe(1);
    await clock.advance(30);
    await queue.next();
    await clock.advance(40);
    expect(queue.longestRunningMs).toBe(40);
    queue.done("ns/a");
    queue.addRateLimited("ns/a");
    expect(seen).toEqual([["added"], ["waited", 30], ["worked", 40], ["retried"]]);
    expect(queue.longestRunningMs).toBe(0);
  });
});
