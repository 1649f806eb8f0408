import { describe, expect, test } from "vitest";
import { decide } from "../../../operator/run/decide.ts";
import type { Facts, JobFacts, PodFacts } from "../../../operator/run/facts.ts";
import { statusOf } from "../../../operator/run/status.ts";
import { timeText } from "../../../operator/run/time.ts";
import { anAttempt, anEndedPod, aPipeline, aPod, someFacts, T0 } from "../../support/manifests/make.ts";

const nodesOf = (facts: Facts) => decide(facts).verdict?.nodes ?? {};

describe("pods that do not start", () => {
  const spec = aPipeline({ a: [] }, {}, { startTimeout: "1m", retries: { limit: 0 } });
  const waiting = { reason: "ErrImagePull", message: "no such image" };
  const attempts = new Map([["a", [anAttempt("a", 1, [aPod({ waiting })])]]]);

  const facts = (
    pods: readonly PodFacts[],
    now: number,
    nodes?: NonNullable<Facts["run"]["status"]["nodes"]>,
    job: Partial<JobFacts> = {},
  ) =>
    someFacts(spec, {
      attempts: new Map([["a", [anAttempt("a", 1, pods, job)]]]),
      now,
      ...(nodes === undefined ? {} : { status: { nodes } }),
    });
  const none = (now: number, nodes?: NonNullable<Facts["run"]["status"]["nodes"]>) => facts([], now, nodes);

  test("say their reason at once and wake the operator at the limit", () => {
    expect(decide(someFacts(spec, { attempts }))).toMatchObject({
      verdict: { nodes: { a: { state: "Starting", reason: "ErrImagePull", message: "no such image" } } },
      wakeAt: T0 + 60_000,
    });
  });

  test("say one thing while the kubelet alternates between a pull and the wait for the next", () => {
    const backoff = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
    const said = { a: { state: "Starting", attempt: 1, ...waiting } } as const;
    expect(nodesOf(facts([aPod({ waiting: backoff })], T0 + 1_000, said)).a).toMatchObject(waiting);
    const late = nodesOf(facts([aPod({ waiting: backoff })], T0 + 60_000, said)).a;
    expect(late?.message).toContain("ImagePullBackOff: Back-off pulling image");
    const other = { reason: "InvalidImageName", message: "no name" };
    expect(nodesOf(facts([aPod({ waiting: other })], T0 + 1_000, said)).a).toMatchObject(other);
  });

  test("time out with that reason; their Job is deleted only after the verdict is stored", () => {
    const late = someFacts(spec, { attempts, now: T0 + 60_000 });
    const decision = decide(late);
    expect(decision.verdict?.nodes.a).toMatchObject({
      state: "Failed",
      reason: "StartTimedOut",
      message: expect.stringContaining("ErrImagePull"),
    });
    expect(decision.actions).toEqual([]);
    const status = statusOf(decision.verdict ?? expect.fail("no verdict"), late);
    expect(decide({ ...late, run: { ...late.run, status } }).actions).toMatchObject([{ do: "deleteJob", node: "a" }]);
  });

  test("say where to look when their Job could not even make them", () => {
    const early = none(T0 + 9_999);
    expect(decide(early)).toMatchObject({ verdict: { nodes: { a: { state: "Starting" } } }, wakeAt: T0 + 10_000 });
    expect(nodesOf(early).a).not.toHaveProperty("reason");
    expect(decide(early).restsOnAbsence).toBeUndefined();
    const said = decide(none(T0 + 10_000));
    const where = expect.stringMatching(/made no pod.*The Job's events say why.*service account/);
    expect(said).toMatchObject({
      verdict: { nodes: { a: { state: "Starting", reason: "NoPod", message: where, podless: timeText(T0) } } },
      wakeAt: T0 + 60_000,
      restsOnAbsence: true,
    });
    const late = none(T0 + 60_000, said.verdict?.nodes);
    expect(nodesOf(late).a).toMatchObject({ state: "Failed", reason: "StartTimedOut", message: where });
  });

  test("an operator that was away gives a Job without a pod its time: the pod may have been evicted meanwhile", () => {
    const back = decide(none(T0 + 3_600_000));
    expect(back).toMatchObject({ verdict: { nodes: { a: { state: "Starting", reason: "NoPod" } } } });
    expect(back.wakeAt).toBe(T0 + 3_600_000 + 50_000);
  });

  test("that ran are evicted after more than startTimeout: the attempt goes on, whether the pod is still to be seen or not", () => {
    const at = T0 + 3_600_000;
    const evicted = anEndedPod(143, "", {
      disrupted: true,
      terminated: { exitCode: 143, reason: "Error", message: "", at },
    });
    const running = { a: { state: "Running", attempt: 1, started: timeText(T0) } } as const;
    const seen = decide(facts([evicted], at, running));
    expect(seen).toMatchObject({ verdict: { nodes: { a: { state: "Starting", attempt: 1, podless: timeText(at) } } } });
    expect(seen.wakeAt).toBe(at + 10_000);
    const gone = decide(facts([], at + 5_000, seen.verdict?.nodes));
    expect(gone).toMatchObject({ verdict: { nodes: { a: { state: "Starting", attempt: 1, podless: timeText(at) } } } });
    expect(nodesOf(facts([], at, running)).a).toMatchObject({ state: "Starting", attempt: 1, podless: timeText(at) });
    const next = nodesOf(facts([aPod({ created: at + 12_000 })], at + 12_000, gone.verdict?.nodes)).a;
    expect(next).toMatchObject({ state: "Starting", attempt: 1 });
    expect(next).not.toHaveProperty("podless");
    expect(nodesOf(facts([], at + 60_000, gone.verdict?.nodes)).a).toMatchObject({ reason: "StartTimedOut" });
  });

  test("say where to look when their container is being made for too long", () => {
    expect(nodesOf(facts([aPod({ name: "films-1-a-a1-x" })], T0 + 60_000)).a).toMatchObject({
      reason: "StartTimedOut",
      message: expect.stringMatching(/The events of pod films-1-a-a1-x say why/),
    });
  });

  test("of a Job that Kueue has held back are late by the time of its release", () => {
    const resumed = T0 + 3_600_000;
    expect(nodesOf(facts([], resumed + 9_000, undefined, { resumed })).a).toEqual(
      expect.not.objectContaining({ reason: expect.anything() }),
    );
  });

  test("a Job that Kueue holds back is not late, and says that it is held", () => {
    const held = (now: number) => decide(facts([], now, undefined, { suspended: true }));
    expect(held(T0 + 9_000)).toMatchObject({ verdict: { nodes: { a: { state: "Starting" } } }, wakeAt: T0 + 10_000 });
    expect(held(T0 + 9_000).verdict?.nodes.a).not.toHaveProperty("reason");
    const late = held(T0 + 3_600_000);
    expect(late.verdict?.nodes.a).toMatchObject({ state: "Waiting", reason: "JobSuspended" });
    expect(late.wakeAt).toBe(T0 + 3_600_000 + 12 * 3_600_000);
  });

  test("a Job whose parallelism somebody has set to 0 says so", () => {
    const job = { suspended: true, withoutPods: true } as const;
    expect(nodesOf(facts([], T0 + 10_000, undefined, job)).a).toMatchObject({
      state: "Waiting",
      reason: "JobSuspended",
      message: expect.stringContaining("spec.parallelism of its Job to 0"),
    });
  });

  test("a deadline that the node does not have is somebody else's", () => {
    const verdict = { succeeded: false, reason: "DeadlineExceeded", message: "", at: T0 };
    expect(nodesOf(facts([], T0 + 10_000, undefined, { verdict })).a).toMatchObject({
      reason: "AttemptTimedOut",
      message: expect.stringMatching(
        /activeDeadlineSeconds, which somebody else has set.*kubectl get job films-1-a-a1/,
      ),
    });
  });
});
