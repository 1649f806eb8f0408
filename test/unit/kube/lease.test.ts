import { describe, expect, it } from "vitest";
import type { Clock } from "../../../operator/kube/clock.ts";
import { LeaderElector } from "../../../operator/kube/lease.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { connectionLost } from "../../support/fake-cluster/fake-api-server.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const LEASE = { namespace: "kelt-system", name: "kelt" };

/** The clock of a process that can be stopped: time goes on and its timers fire when it continues. */
class ProcessClock implements Clock {
  readonly #clock: FakeClock;
  #held: (() => void)[] | undefined;

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  now(): number {
    return this.#clock.now();
  }

  monotonic(): number {
    return this.#clock.monotonic();
  }

  after(delayMs: number, callback: () => void): () => void {
    let cancelled = false;
    const run = () => (cancelled ? undefined : callback());
    const cancel = this.#clock.after(delayMs, () => (this.#held === undefined ? run() : this.#held.push(run)));
    return () => {
      cancelled = true;
      cancel();
    };
  }

  stop(): void {
    this.#held ??= [];
  }

  continue(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const run of held) run();
  }
}

function world() {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  const replica = (identity: string, seed = 1, annotations: Readonly<Record<string, string>> = {}) => {
    const process = new ProcessClock(clock);
    const client = api.client({ name: identity });
    const lost: string[] = [];
    const led: number[] = [];
    const elector = new LeaderElector({
      ...{ kube: client, lease: LEASE, identity, clock: process, random: seededRandom(seed), annotations },
      onLeading: () => led.push(clock.monotonic()),
      onLost: (reason) => lost.push(reason),
    });
    return { identity, process, client, elector, lost, led };
  };
  const holder = () =>
    (api.storage.find("Lease", LEASE)?.spec as { holderIdentity?: string } | undefined)?.holderIdentity;
  return { clock, api, replica, holder };
}

describe("leader election", () => {
  it("tells a standby what the leader says of itself", async () => {
    const { clock, replica } = world();
    const at = (url: string) => ({ "kelt.dev/report-url": url });
    const [a, b, c] = [replica("a", 1, at("one")), replica("b", 2, at("two")), replica("c", 3, at("three"))];
    a.elector.start();
    await clock.advance(0);
    b.elector.start();
    await clock.advance(3_000);
    expect(b.elector.holderAnnotations).toEqual(at("one"));
    await a.elector.stop();
    c.elector.start();
    await clock.advance(3_000);
    expect([b.elector.leading, c.elector.leading]).toEqual([false, true]);
    expect(b.elector.holderAnnotations).toEqual(at("three"));
  });

  it("leads at once where there is no lease, and renews it every two seconds", async () => {
    const { clock, api, replica, holder } = world();
    const { elector, led } = replica("a");
    elector.start();
    await clock.advance(0);
    expect([elector.canWrite(), holder(), led]).toEqual([true, "a", [0]]);
    await clock.advance(60_000);
    expect(elector.canWrite()).toBe(true);
    const renewals = api.calls.filter(({ verb }) => verb === "patch").length;
    expect(renewals).toBeGreaterThanOrEqual(29);
    expect(renewals).toBeLessThanOrEqual(38);
  });

  it("stands by while another one leads, and leads within 17 s of its death", async () => {
    const { clock, replica, holder } = world();
    const [a, b] = [replica("a", 1), replica("b", 2)];
    a.elector.start();
    await clock.advance(100);
    b.elector.start();
    await clock.advance(60_000);
    expect([a.elector.leading, b.elector.leading]).toEqual([true, false]);
    const diedAt = clock.monotonic();
    a.client.kill();
    await clock.advance(30_000);
    expect(holder()).toBe("b");
    expect((b.led[0] ?? Number.POSITIVE_INFINITY) - diedAt).toBeLessThanOrEqual(17_000);
  });

  it("gives the lease back when stopped, and the other one leads within 2 s", async () => {
    const { clock, replica, holder } = world();
    const [a, b] = [replica("a", 1), replica("b", 2)];
    a.elector.start();
    await clock.advance(100);
    b.elector.start();
    await clock.advance(10_000);
    const stopped = a.elector.stop();
    expect(a.elector.canWrite()).toBe(false);
    await stopped;
    expect(holder()).toBe("");
    await clock.advance(2_000);
    expect(b.elector.canWrite()).toBe(true);
    expect(a.lost).toEqual([]);
  });

  it("gives back a lease that it got while being stopped", async () => {
    const { clock, api, replica, holder } = world();
    api.faults.latencyMs = () => 500;
    const { elector, led } = replica("a");
    elector.start();
    await clock.advance(700);
    const stopped = elector.stop();
    await clock.advance(5_000);
    await stopped;
    expect([holder(), led]).toEqual(["", []]);
  });

  it("believes no clock but its own: the wall clock may jump by an hour on either side", async () => {
    const { clock, replica } = world();
    const [a, b] = [replica("a", 1), replica("b", 2)];
    a.elector.start();
    await clock.advance(100);
    b.elector.start();
    for (const deltaMs of [3_600_000, -7_200_000]) {
      clock.jump(deltaMs);
      await clock.advance(60_000);
      expect([a.elector.canWrite(), b.elector.canWrite()]).toEqual([true, false]);
    }
  });

  it("is lost once when the API server does not answer for ten seconds", async () => {
    const { clock, api, replica } = world();
    const { elector, lost } = replica("a");
    elector.start();
    await clock.advance(5_000);
    api.startOutage();
    await clock.advance(10_000);
    expect(elector.canWrite()).toBe(false);
    expect(lost).toEqual(["the lease could not be renewed in time"]);
    api.endOutage();
    await clock.advance(60_000);
    expect([elector.leading, lost.length]).toEqual([false, 1]);
  });

  it("may not write on waking after it stood still, before any timer has fired", async () => {
    const { clock, replica, holder } = world();
    const [a, b] = [replica("a", 1), replica("b", 2)];
    a.elector.start();
    await clock.advance(100);
    b.elector.start();
    await clock.advance(10_000);
    a.process.stop();
    await clock.advance(60_000);
    expect([a.elector.canWrite(), b.elector.canWrite(), holder()]).toEqual([false, true, "b"]);
    a.process.continue();
    await clock.advance(10_000);
    expect([a.elector.leading, a.lost.length, holder()]).toEqual([false, 1, "b"]);
  });

  it("counts the ten seconds from the moment a renewal leaves, not from its answer", async () => {
    const { clock, api, replica } = world();
    let sentAt = 0;
    api.faults.latencyMs = ({ verb }) => {
      if (verb === "patch") sentAt = clock.monotonic();
      return 3_000;
    };
    const { elector } = replica("a");
    elector.start();
    await clock.advance(30_000);
    const [left, arrived] = [sentAt, clock.monotonic()];
    expect([elector.canWrite(), arrived - left < 9_000]).toEqual([true, true]);
    api.startOutage();
    await clock.advance(left + 9_999 - clock.monotonic());
    const before = elector.canWrite();
    await clock.advance(1);
    expect([before, elector.canWrite()]).toEqual([true, false]);
  });

  it("goes on leading when the answer to a renewal is lost", async () => {
    const { clock, api, replica } = world();
    const { elector, lost } = replica("a");
    elector.start();
    await clock.advance(3_000);
    let losses = 2;
    api.faults.after = ({ verb }) => (verb === "patch" && losses-- > 0 ? connectionLost(verb) : undefined);
    await clock.advance(60_000);
    expect([elector.canWrite(), lost, losses]).toEqual([true, [], expect.any(Number)]);
    expect(losses).toBeLessThan(0);
  });

  it("is lost when somebody else holds the lease", async () => {
    const { clock, api, replica } = world();
    const { elector, lost } = replica("a");
    elector.start();
    await clock.advance(3_000);
    await api.admin.patch("Lease", LEASE, { spec: { holderIdentity: "somebody" } });
    await clock.advance(3_000);
    expect(lost).toEqual(["another replica leads: somebody"]);
  });

  it("writes the lease anew when somebody deletes it", async () => {
    const { clock, api, replica, holder } = world();
    const { elector } = replica("a");
    elector.start();
    await clock.advance(3_000);
    await api.admin.delete("Lease", LEASE, { propagation: "Background" });
    await clock.advance(3_000);
    expect([elector.canWrite(), holder()]).toEqual([true, "a"]);
  });

  it("waits as long as the holder's lease says, not as long as its own would", async () => {
    const { clock, api, replica } = world();
    const spec = { holderIdentity: "somebody", leaseDurationSeconds: 60, renewTime: "2020-01-01T00:00:00.000000Z" };
    await api.admin.create("Lease", LEASE.namespace, { metadata: { name: LEASE.name }, spec });
    const { elector, led } = replica("a");
    elector.start();
    await clock.advance(59_900);
    expect(elector.leading).toBe(false);
    await clock.advance(100);
    expect(led).toEqual([60_000]);
  });

  it("does not ask in a loop when the lease is free and may not be written", async () => {
    const { clock, api, replica } = world();
    api.faults.before = ({ verb }) => (verb === "get" ? undefined : connectionLost(verb));
    await api.admin
      .create("Lease", LEASE.namespace, { metadata: { name: LEASE.name }, spec: {} })
      .catch(() => undefined);
    replica("a").elector.start();
    await clock.advance(60_000);
    expect(api.calls.length).toBeLessThan(80);
  });

  it("never has two that may write, however three of them are stopped, cut off and slowed down", async () => {
    let changesOfLeader = 0;
    for (let seed = 1; seed <= 30; seed++) {
      const { clock, api, replica } = world();
      const random = seededRandom(seed);
      const replicas = ["a", "b", "c"].map((name, index) => replica(name, seed * 10 + index));
      const cut = new Set<string>();
      api.faults.latencyMs = () => Math.floor(random() * 3_000);
      api.faults.before = ({ client, verb }) => (cut.has(client) ? connectionLost(verb) : undefined);
      api.faults.after = ({ verb }) => (random() < 0.1 ? connectionLost(verb) : undefined);
      for (const { elector } of replicas) elector.start();
      for (let second = 0; second < 120; second++) {
        for (const { process, identity } of replicas) disturb(process, identity, cut, random);
        await clock.advance(1_000);
        const writers = replicas.filter(({ elector }) => elector.canWrite()).map(({ identity }) => identity);
        expect(writers.length, `seed ${seed}, second ${second}: ${writers}`).toBeLessThanOrEqual(1);
      }
      changesOfLeader += replicas.flatMap(({ led }) => led).length;
    }
    expect(changesOfLeader).toBeGreaterThan(60);
  });
});

function disturb(process: ProcessClock, identity: string, cut: Set<string>, random: () => number): void {
  if (random() < 0.05) process.stop();
  else if (random() < 0.1) process.continue();
  if (random() < 0.05) cut.add(identity);
  else if (random() < 0.2) cut.delete(identity);
}
