import { describe, expect, it } from "vitest";
import { LABEL } from "#api/metadata.ts";
import { podFingerprint } from "../../../operator/kinds/fingerprint.ts";
import { KINDS, type Kind, project } from "../../../operator/kinds/kinds.ts";
import type { Job, Pod } from "../../../operator/kinds/objects.ts";
import { OwnWrites, writerKey } from "../../../operator/kube/own-writes.ts";
import { compareResourceVersions } from "../../../operator/kube/resource-version.ts";
import { Store } from "../../../operator/kube/store.ts";

function job(name: string, run: string, uid = `uid-${name}`): Job {
  return { metadata: { name, namespace: "ns", uid, resourceVersion: "1", labels: { [LABEL.runUid]: run } } };
}

const byRun = { run: ({ metadata }: Job) => [metadata.labels?.[LABEL.runUid] ?? ""] };
const names = (jobs: readonly Job[]) => jobs.map(({ metadata }) => metadata.name);

describe("a store", () => {
  it("finds objects by name, by uid and by its indexes", () => {
    const store = new Store(byRun);
    for (const object of [job("a", "r1"), job("b", "r1"), job("c", "r2")]) store.set(object);
    expect(store.get({ namespace: "ns", name: "a" })).toEqual(job("a", "r1"));
    expect(store.get({ namespace: "other", name: "a" })).toBeUndefined();
    expect(store.byUid("uid-c")).toEqual(job("c", "r2"));
    expect(names(store.by("run", "r1"))).toEqual(["a", "b"]);
    expect(store.by("run", "r3")).toEqual([]);
    expect(store.size).toBe(3);
  });

  it("moves an object between the values of an index when it changes", () => {
    const store = new Store(byRun);
    store.set(job("a", "r1"));
    store.set(job("a", "r2"));
    expect(store.by("run", "r1")).toEqual([]);
    expect(names(store.by("run", "r2"))).toEqual(["a"]);
  });

  it("forgets the uid of an object that another one of its name replaced", () => {
    const store = new Store(byRun);
    store.set(job("a", "r1", "old"));
    store.set(job("a", "r1", "new"));
    expect(store.byUid("old")).toBeUndefined();
    expect(names(store.by("run", "r1"))).toEqual(["a"]);
  });

  it("has nothing left of an object that was deleted", () => {
    const store = new Store(byRun);
    store.set(job("a", "r1"));
    store.delete({ namespace: "ns", name: "a" });
    store.delete({ namespace: "ns", name: "a" });
    expect([store.all(), store.by("run", "r1"), store.byUid("uid-a")]).toEqual([[], [], undefined]);
  });
});

describe("a projection", () => {
  it("keeps of a pod what is read and drops the rest", () => {
    const terminated = { exitCode: 0, reason: "Completed", message: "{}", finishedAt: "2026-01-01T00:00:00Z" };
    const pod = {
      apiVersion: "v1",
      kind: "Pod",
      metadata: {
        ...job("p", "r1").metadata,
        managedFields: [{ manager: "kubelet" }],
        annotations: { "kelt.dev/seal": "h", "kubectl.kubernetes.io/last-applied-configuration": "{}" },
      },
      spec: { nodeName: "n1", containers: [{ name: "task", image: "i", env: [] }] },
      status: {
        phase: "Succeeded",
        podIPs: [],
        containerStatuses: [
          { name: "task", imageID: "sha", restartCount: 0, state: { terminated: { ...terminated, containerID: "c" } } },
        ],
      },
    };
    expect(project("Pod", pod as object as Pod)).toEqual({
      metadata: { ...job("p", "r1").metadata, annotations: { "kelt.dev/seal": "h" } },
      spec: { fingerprint: podFingerprint(pod.spec) },
      status: {
        phase: "Succeeded",
        conditions: [],
        initContainerStatuses: [],
        containerStatuses: [{ name: "task", state: { terminated } }],
      },
    });
  });

  it("is frozen to its leaves, so that no reader changes what all share", () => {
    const run = project("PipelineRun", {
      metadata: job("a", "r").metadata,
      spec: { pipeline: "p" },
      status: { counts: { total: 1 } },
    });
    const counts = (run.status as { counts: { total: number } }).counts;
    expect(() => Object.assign(counts, { total: 2 })).toThrow(TypeError);
    expect(() => Object.assign(run.metadata.labels ?? {}, { x: "y" })).toThrow(TypeError);
  });

  it("makes the best of an object without spec and status", () => {
    const { metadata } = job("a", "r");
    for (const kind of Object.keys(KINDS) as Kind[]) expect(project(kind, { metadata }).metadata.name).toBe("a");
  });
});

describe("own writes", () => {
  it("hold a key back until the cache of each kind has come as far as they did", () => {
    const observed = new Map<Kind, string>([["Job", "99"]]);
    const writes = new OwnWrites((kind) => observed.get(kind));
    expect(writes.caughtUp("ns/a")).toBe(true);
    writes.wrote("ns/a", "Job", "100");
    writes.wrote("ns/a", "PipelineRun", "90");
    expect([writes.caughtUp("ns/a"), writes.caughtUp("ns/b")]).toEqual([false, true]);
    observed.set("Job", "100");
    expect(writes.caughtUp("ns/a")).toBe(false);
    observed.set("PipelineRun", "1000");
    expect(writes.caughtUp("ns/a")).toBe(true);
  });

  it("wait for the newest of several, in whatever order their answers came", () => {
    let observed = "101";
    const writes = new OwnWrites(() => observed);
    writes.wrote("ns/a", "Job", "102");
    writes.wrote("ns/a", "Job", "100");
    expect(writes.caughtUp("ns/a")).toBe(false);
    observed = "102";
    expect(writes.caughtUp("ns/a")).toBe(true);
  });

  it("of an object do not hold back one of another kind with the same name", () => {
    const writes = new OwnWrites(() => "1");
    writes.wrote(writerKey("PipelineRun", "ns/films"), "Job", "100");
    expect(writes.caughtUp(writerKey("Pipeline", "ns/films"))).toBe(true);
    writes.forget(writerKey("Pipeline", "ns/films"));
    expect(writes.caughtUp(writerKey("PipelineRun", "ns/films"))).toBe(false);
  });

  it("are forgotten with their key", () => {
    const writes = new OwnWrites(() => "1");
    writes.wrote("ns/a", "Job", "100");
    writes.forget("ns/a");
    expect(writes.caughtUp("ns/a")).toBe(true);
  });
});

describe("resource versions", () => {
  it("compare as whole numbers of any size", () => {
    expect(compareResourceVersions("9", "10")).toBeLessThan(0);
    expect(compareResourceVersions("9007199254740993", "9007199254740992")).toBeGreaterThan(0);
    expect(compareResourceVersions("007", "7")).toBe(0);
    expect(() => compareResourceVersions("1", "x")).toThrow(/"x"/);
  });
});
