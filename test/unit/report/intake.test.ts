import { describe, expect, test } from "vitest";
import { LABEL } from "#api/metadata.ts";
import { Intake } from "../../../operator/report/intake.ts";
import { ReportStore } from "../../../operator/report/report-store.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";
import { item, report, result } from "./reports.ts";
import { addPods, attemptFixture, cachesWithAttempt, SENDER } from "./world.ts";

function world() {
  const clock = new FakeClock();
  const caches = cachesWithAttempt();
  const store = new ReportStore();
  const woken: number[] = [];
  const wake = (run: string) => {
    expect(run).toBe("team/films-1");
    woken.push(clock.monotonic());
  };
  return { clock, caches, store, woken, intake: new Intake({ store, caches, clock, wake }) };
}

describe("a message counts for the attempt of its pod", () => {
  test("and for nothing else: run, node, attempt and those of its result must be the Job's", () => {
    const { intake, store } = world();
    const wrong = [{ run: "other" }, { node: "other" }, { attempt: 2 }];
    for (const fields of wrong) expect(intake.take(SENDER, report(fields)).status).toBe(403);
    for (const fields of [...wrong, { part: 1 }]) {
      expect(intake.take(SENDER, report({ result: result("succeeded", fields) })).status).toBe(403);
    }
    expect(store.of(SENDER.podUid)).toBeUndefined();
    expect(intake.take(SENDER, report({ result: result("succeeded") }))).toEqual({
      status: 200,
      answer: { order: "go", everyMs: 250 },
    });
    expect(store.of(SENDER.podUid)?.result).toEqual(result("succeeded"));
  });

  test("a token of another namespace is refused, and so is a pod without a Job", () => {
    const { intake, caches } = world();
    expect(intake.take({ ...SENDER, namespace: "other" }, report()).status).toBe(403);
    const [pod] = caches.pods.all();
    if (pod === undefined) throw new Error("there is no pod");
    caches.pods.set({ metadata: { ...pod.metadata, ownerReferences: [] } });
    expect(intake.take(SENDER, report()).status).toBe(403);
  });

  test("a run of another namespace with the Job's label is refused", () => {
    const { intake, caches } = world();
    caches.runs.delete({ namespace: "team", name: "films-1" });
    caches.runs.set({ metadata: { namespace: "elsewhere", name: "films-1", uid: "run-uid", resourceVersion: "1" } });
    expect(intake.take(SENDER, report()).status).toBe(403);
  });

  test.each(["pods", "jobs", "runs"] as const)("it comes again where the %s are not in the cache yet", (kind) => {
    const { intake, caches, store } = world();
    for (const { metadata } of caches[kind].all()) caches[kind].delete(metadata);
    expect(intake.take(SENDER, report()).status).toBe(425);
    expect(store.size).toBe(0);
  });

  test("a task of a packed node speaks for its unit alone", () => {
    const { intake, caches } = world();
    const [job] = caches.jobs.all();
    if (job === undefined) throw new Error("there is no Job");
    caches.jobs.set({ metadata: { ...job.metadata, labels: { ...job.metadata.labels, [LABEL.unit]: "films" } } });
    expect(intake.take(SENDER, report()).status).toBe(403);
    expect(intake.take(SENDER, report({ node: "load/other" })).status).toBe(403);
    expect(intake.take(SENDER, report({ node: "load/films" })).status).toBe(200);
  });

  test("a Job without labels of an attempt is nobody's", () => {
    const { intake, caches } = world();
    const [job] = caches.jobs.all();
    if (job === undefined) throw new Error("there is no Job");
    caches.jobs.set({ metadata: { ...job.metadata, labels: { [LABEL.runUid]: attemptFixture.run } } });
    expect(intake.take(SENDER, report()).status).toBe(403);
  });
});

describe("runs are looked at", () => {
  test("at once when something decisive was said", () => {
    const { intake, woken } = world();
    intake.take(SENDER, report());
    intake.take(SENDER, report({ seq: 2, phase: "done", result: result("failed") }));
    expect(woken).toEqual([0, 0]);
  });

  test("at most once a second for details, and for the last of them too", async () => {
    const { intake, woken, clock } = world();
    for (let seq = 1; seq <= 31; seq += 1) {
      intake.take(SENDER, report({ seq, kind: seq === 1 ? "snapshot" : "delta", items: [item("a", { rows: seq })] }));
      await clock.advance(100);
    }
    await clock.advance(5_000);
    expect(woken).toEqual([0, 1_000, 2_000, 3_000, 4_000]);
    expect(clock.pending).toBe(0);
  });

  test("not for what was known", () => {
    const { intake, woken } = world();
    for (let i = 0; i < 5; i += 1) intake.take(SENDER, report());
    expect(woken).toEqual([0]);
  });
});

test("tasks are asked to speak less often where there are many", () => {
  const { intake, caches } = world();
  const uids = Array.from({ length: 1_000 }, (_, i) => `pod-${i}`);
  addPods(caches, uids);
  const answers = uids.map((podUid) => intake.take({ ...SENDER, podUid }, report()));
  expect(answers[0]).toMatchObject({ answer: { everyMs: 250 } });
  expect(answers.at(-1)).toMatchObject({ answer: { everyMs: 2_000 } });
});

test("pods that have gone are forgotten", () => {
  const { intake, caches, store } = world();
  intake.take(SENDER, report({ items: [item("a")] }));
  intake.sweep();
  expect(store.size).toBe(1);
  for (const { metadata } of caches.pods.all()) caches.pods.delete(metadata);
  intake.sweep();
  expect([store.size, store.bytes]).toEqual([0, 0]);
});
