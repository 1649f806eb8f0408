import { describe, expect, it } from "vitest";
import type { CustomObject } from "../../../operator/kinds/objects.ts";
import { isGone, isNotFound } from "../../../operator/kube/api-error.ts";
import { Reflector, type ReflectorEvent } from "../../../operator/kube/reflector.ts";
import { Store } from "../../../operator/kube/store.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { connectionLost } from "../../support/fake-cluster/fake-api-server.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { seededRandom } from "../../support/machine/fake-random.ts";

const NS = "ns";
const at = (name: string) => ({ namespace: NS, name });

function world() {
  const clock = new FakeClock();
  const api = new FakeApi(clock);
  return { clock, api, admin: api.admin };
}

function reflect({ api, clock }: ReturnType<typeof world>, name = "operator") {
  const store = new Store<CustomObject>({});
  const events: ReflectorEvent[] = [];
  const kube = api.client({ name });
  const reflector = new Reflector({
    ...{ kube, kind: "PipelineRun", store, clock, random: seededRandom(1) },
    observe: (event) => events.push(event),
  });
  reflector.start();
  const names = () => store.all().map(({ metadata }) => metadata.name);
  return { events, reflector, names };
}

const run = (name: string) => ({ metadata: { name }, spec: { pipeline: "p" } });

describe("the fake API server", () => {
  it("collects what lost its owner, and what the collected owned", async () => {
    const { clock, api, admin } = world();
    const owner = await admin.create("PipelineRun", NS, run("r"));
    const owned = (kind: string, uid: string) => [{ apiVersion: "v1", kind, name: "x", uid, controller: true }];
    const job = await admin.create("Job", NS, {
      metadata: { name: "j", ownerReferences: owned("PipelineRun", owner.metadata.uid) },
    });
    await admin.create("Pod", NS, { metadata: { name: "p", ownerReferences: owned("Job", job.metadata.uid) } });
    await clock.advance(0);
    expect(api.storage.all()).toHaveLength(3);
    await admin.delete("PipelineRun", at("r"), { propagation: "Background" });
    await clock.advance(0);
    expect(api.storage.all()).toEqual([]);
  });

  it("lets a pod live whose Job was deleted with Orphan", async () => {
    const { clock, api, admin } = world();
    const job = await admin.create("Job", NS, { metadata: { name: "j" } });
    const ownerReferences = [{ apiVersion: "batch/v1", kind: "Job", name: "j", uid: job.metadata.uid }];
    await admin.create("Pod", NS, { metadata: { name: "p", ownerReferences } });
    await admin.delete("Job", at("j"), { propagation: "Orphan" });
    await clock.advance(0);
    expect(api.storage.all().map(({ metadata }) => [metadata.name, metadata.ownerReferences])).toEqual([["p", []]]);
  });

  it("deletes in the foreground: the owner goes after those that block it", async () => {
    const { clock, api, admin } = world();
    const job = await admin.create("Job", NS, { metadata: { name: "j" } });
    const owner = { apiVersion: "batch/v1", kind: "Job", name: "j", uid: job.metadata.uid, blockOwnerDeletion: true };
    await admin.create("Pod", NS, { metadata: { name: "p", ownerReferences: [owner], finalizers: ["test/wait"] } });
    await admin.delete("Job", at("j"), { propagation: "Foreground" });
    await clock.advance(0);
    expect(api.storage.all().map(({ metadata }) => [metadata.name, metadata.deletionTimestamp !== undefined])).toEqual([
      ["j", true],
      ["p", true],
    ]);
    await admin.patch("Pod", at("p"), { metadata: { finalizers: null } });
    await clock.advance(0);
    expect(api.storage.all()).toEqual([]);
  });

  it("refuses what its admission refuses", async () => {
    const clock = new FakeClock();
    const api = new FakeApi(clock, (object) =>
      object.spec === undefined ? { refused: "spec: Required value" } : object,
    );
    const error = await api.admin.create("PipelineRun", NS, { metadata: { name: "r" } }).catch((error) => error);
    expect(error).toMatchObject({ status: 422 });
    expect(api.storage.all()).toEqual([]);
  });

  it("answers a lost reply with an error though the work was done", async () => {
    const { api, admin } = world();
    api.faults.after = ({ verb, client }) =>
      client === "operator" && verb === "create" ? connectionLost(verb) : undefined;
    const kube = api.client({ name: "operator" });
    await expect(kube.create("Job", NS, { metadata: { name: "j" } })).rejects.toMatchObject({ status: 0 });
    expect((await admin.get("Job", at("j"))).metadata.name).toBe("j");
  });

  it("does nothing for a process that died on the way", async () => {
    const { clock, api } = world();
    const kube = api.client({ name: "operator" });
    api.faults.latencyMs = () => 100;
    const patience = new Promise((resolve) => clock.after(1_000, () => resolve("still waiting")));
    const outcome = Promise.race([kube.create("Job", NS, { metadata: { name: "j" } }), patience]);
    await clock.advance(50);
    kube.kill();
    await clock.advance(1_000);
    expect([await outcome, api.storage.all()]).toEqual(["still waiting", []]);
  });

  it("never hands out what it stores", async () => {
    const { admin } = world();
    const created = await admin.create("PipelineRun", NS, run("r"));
    Object.assign(created.spec as object, { pipeline: "changed" });
    expect((await admin.get("PipelineRun", at("r"))).spec).toEqual({ pipeline: "p" });
  });

  it("knows nothing of a version it forgot", async () => {
    const { api, admin } = world();
    const page = await admin.list("PipelineRun", { limit: 1 });
    for (const name of ["a", "b"]) await admin.create("PipelineRun", NS, run(name));
    const first = await admin.list("PipelineRun", { limit: 1 });
    api.forgetHistory();
    await admin.create("PipelineRun", NS, run("c"));
    api.forgetHistory();
    const { signal } = new AbortController();
    const watch = admin.watch("PipelineRun", { resourceVersion: page.resourceVersion, timeoutSeconds: 60, signal });
    expect(
      isGone(
        await watch[Symbol.asyncIterator]()
          .next()
          .catch((error) => error),
      ),
    ).toBe(true);
    const next = { limit: 1, continue: first.next ?? "" };
    expect(isGone(await admin.list("PipelineRun", next).catch((error) => error))).toBe(true);
  });

  it("fences a process that may not write, and grants the operator no more than its table", async () => {
    const { api } = world();
    const kube = api.client({ name: "operator", mayWrite: () => false });
    await expect(kube.create("Job", NS, { metadata: { name: "j" } })).rejects.toMatchObject({ reason: "NotLeading" });
    await expect(kube.create("Pod", NS, { metadata: { name: "p" } })).rejects.toMatchObject({ reason: "NotGranted" });
    expect(isNotFound(await kube.get("Job", at("j")).catch((error) => error))).toBe(true);
  });
});

describe("a reflector before a fake API server", () => {
  it("sees late what is held back, and all of it", async () => {
    const all = world();
    const { clock, api, admin } = all;
    api.faults.watchDelayMs = () => 5_000;
    const { names } = reflect(all);
    await clock.advance(0);
    await admin.create("PipelineRun", NS, run("a"));
    await admin.create("PipelineRun", NS, run("b"));
    await clock.advance(4_999);
    expect(names()).toEqual([]);
    await clock.advance(1);
    expect(names()).toEqual(["a", "b"]);
  });

  it("holds back one watch alone, and loses or doubles events of it", async () => {
    const all = world();
    const { clock, api, admin } = all;
    const [one, two] = [reflect(all, "one"), reflect(all, "two")];
    await clock.advance(0);
    const [watcher] = [...api.watchers].filter(({ client }) => client === "one");
    watcher?.pause();
    await admin.create("PipelineRun", NS, run("a"));
    await clock.advance(0);
    expect([one.names(), two.names()]).toEqual([[], ["a"]]);
    watcher?.resume();
    watcher?.dropNext();
    watcher?.doubleNext();
    await admin.create("PipelineRun", NS, run("b"));
    await admin.create("PipelineRun", NS, run("c"));
    await clock.advance(0);
    expect([one.names(), two.names()]).toEqual([
      ["a", "c"],
      ["a", "b", "c"],
    ]);
  });

  it("comes to the state of the world through an outage of ten minutes without hammering", async () => {
    const all = world();
    const { clock, api, admin } = all;
    const { names, reflector } = reflect(all);
    await admin.create("PipelineRun", NS, run("a"));
    await clock.advance(60_000);
    const before = api.calls.length;
    api.startOutage();
    await clock.advance(600_000);
    expect(api.calls.length - before).toBeLessThan(60);
    api.endOutage();
    await admin.create("PipelineRun", NS, run("b"));
    await clock.advance(30_000);
    expect(names()).toEqual(["a", "b"]);
    await reflector.stop();
    expect(api.watchers.size).toBe(0);
  });

  it("lists seldom in a storm of 410 every five seconds, and loses nothing", async () => {
    const all = world();
    const { clock, api, admin } = all;
    const { names, events } = reflect(all);
    for (let round = 0; round < 120; round++) {
      await admin.create("PipelineRun", NS, run(`r${String(round).padStart(3, "0")}`));
      await clock.advance(5_000);
      api.forgetHistory();
      api.breakWatches(await gone(api));
    }
    await clock.advance(60_000);
    expect(names()).toHaveLength(120);
    expect(events.filter(({ what }) => what === "listed").length).toBeLessThan(60);
  });

  it("goes from watch to watch as the server ends them, without listing", async () => {
    const all = world();
    const { clock, api, admin } = all;
    const { names, events } = reflect(all);
    await clock.advance(0);
    for (let hour = 0; hour < 5; hour++) {
      await clock.advance(3_600_000);
      await admin.create("PipelineRun", NS, run(`r${hour}`));
      api.forgetHistory();
    }
    await clock.advance(0);
    expect(names()).toHaveLength(5);
    expect(events.filter(({ what }) => what === "listed")).toHaveLength(1);
    const watches = api.calls.filter(({ verb }) => verb === "watch").length;
    expect(watches).toBeGreaterThan(5 * 6);
    expect(watches).toBeLessThanOrEqual(5 * 12 + 1);
  });
});

/** The error of a version that is forgotten. */
async function gone(api: FakeApi): Promise<unknown> {
  const { signal } = new AbortController();
  const watch = api.admin.watch("PipelineRun", { resourceVersion: "0", timeoutSeconds: 1, signal });
  return await watch[Symbol.asyncIterator]()
    .next()
    .catch((error) => error);
}
