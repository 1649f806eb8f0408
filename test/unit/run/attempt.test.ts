import { describe, expect, test } from "vitest";
import { attemptState } from "../../../operator/run/attempt/attempt.ts";
import { readResult } from "../../../operator/run/attempt/task-end.ts";
import type { PodFacts } from "../../../operator/run/facts.ts";
import { aFailedJob, anAttempt, anEndedPod, aPod, aResult, RUN_UID, T0 } from "../../support/manifests/make.ts";

const expected = { run: RUN_UID, node: "raw", attempt: 1, required: true };
const state = (pods: Parameters<typeof anAttempt>[2], job: Parameters<typeof anAttempt>[3] = {}, now = T0 + 10_000) =>
  attemptState(anAttempt("raw", 1, pods, job), expected, now);

describe("where an attempt stands", () => {
  test("a Job without a pod is starting", () => {
    expect(state([])).toMatchObject({ state: "starting", since: T0, held: false });
  });

  test("a pod that cannot pull its image is starting, with the reason", () => {
    const waiting = { reason: "ImagePullBackOff", message: "Back-off pulling image" };
    expect(state([aPod({ waiting })])).toMatchObject({ state: "starting", waiting });
  });

  test("a running container is running", () => {
    expect(state([aPod({ runningSince: T0 })])).toMatchObject({ state: "running" });
  });

  test("exit code 0 with a valid result is success, before the Job says anything", () => {
    expect(state([anEndedPod(0, aResult("raw", 1, { rows: 5 }))])).toMatchObject({
      state: "succeeded",
      at: T0 + 1000,
      result: { rows: 5 },
    });
  });

  test("success stands even when the Job's deadline passed meanwhile", () => {
    expect(state([anEndedPod(0, aResult("raw", 1))], aFailedJob("DeadlineExceeded"))).toMatchObject({
      state: "succeeded",
    });
  });

  test.each([
    ["nothing", "", "it is empty"],
    ["no JSON", "done!", "it is not JSON"],
    ["another attempt's result", aResult("raw", 2), "it speaks of run"],
    ["another run's result", aResult("raw", 1, { run: "other" }), "it speaks of run other"],
    ["an unknown field", aResult("raw", 1, { secret: "x" } as object), "Unrecognized key"],
    ["more than 3 KiB", aResult("raw", 1, { message: "x".repeat(1000) }).padEnd(3073), "it is longer than 3072 bytes"],
  ])("exit code 0 with %s is a failure of the task", (_, message, why) => {
    const failure = state([anEndedPod(0, message)]);
    expect(failure).toMatchObject({ state: "failed", reason: "InvalidResult", retriable: true });
    expect(failure).toHaveProperty("message", expect.stringContaining(why));
  });

  test("a container node succeeds by its exit code alone", () => {
    expect(attemptState(anAttempt("raw", 1, [anEndedPod(0)]), { ...expected, required: false }, T0)).toMatchObject({
      state: "succeeded",
    });
  });

  test.each([
    [64, "configuration", "ConfigurationError", false],
    [65, "data", "DataError", false],
    [75, "transient", "TransientError", true],
  ] as const)("exit code %i with a result is a failure of kind %s", (code, kind, reason, retriable) => {
    const error = { kind, code: "28P01", message: "the password is wrong" };
    const message = aResult("raw", 1, { outcome: "failed", error });
    expect(state([anEndedPod(code, message)])).toMatchObject({
      state: "failed",
      reason,
      retriable,
      message: "the password is wrong",
    });
  });

  test("exit code 64 without a result cannot be mended by a retry either", () => {
    expect(state([anEndedPod(64)])).toMatchObject({ state: "failed", reason: "ConfigurationError", retriable: false });
  });

  test("a killed container waits for the Job's verdict, which knows why", () => {
    expect(state([anEndedPod(137)])).toMatchObject({ state: "running" });
    expect(state([anEndedPod(137)], aFailedJob("BackoffLimitExceeded"))).toMatchObject({
      state: "failed",
      reason: "ExitCode",
      message: "the task container exited with 137 (killed by signal 9)",
    });
    expect(state([anEndedPod(143)], aFailedJob("DeadlineExceeded"))).toMatchObject({
      state: "failed",
      reason: "AttemptTimedOut",
    });
  });

  test.each([
    [255, "exited with 255; kubectl logs"],
    [192, "exited with 192 (killed by signal 64)"],
    [193, "exited with 193; kubectl logs"],
    [128, "exited with 128; kubectl logs"],
  ])("exit code %i is said as what it is", (code, words) => {
    expect(state([anEndedPod(code)], aFailedJob("BackoffLimitExceeded"))).toMatchObject({
      message: expect.stringContaining(words),
    });
  });

  test("a container out of memory is distinguished from other kills", () => {
    const pod = aPod({ failed: true, terminated: { exitCode: 137, reason: "OOMKilled", message: "", at: T0 } });
    expect(state([pod], aFailedJob("BackoffLimitExceeded"))).toMatchObject({
      state: "failed",
      reason: "OOMKilled",
      retriable: true,
    });
  });

  test("an evicted pod is no failure: its Job makes another one", () => {
    const evicted = anEndedPod(75, aResult("raw", 1, { outcome: "failed" }), { disrupted: true });
    expect(state([evicted])).toMatchObject({ state: "starting", podless: true, lostAt: T0 + 1000 });
    expect(state([evicted, aPod()])).toMatchObject({ state: "starting" });
    expect(state([evicted, anEndedPod(0, aResult("raw", 1))])).toMatchObject({ state: "succeeded" });
  });

  test("a pod that outlives its deletion is waited for, and says that its node may be lost", () => {
    const pod = aPod({ name: "films-1-raw-a1-x", runningSince: T0, goneBy: T0 + 30_000 });
    expect(state([pod], {}, T0 + 59_000)).toEqual({ state: "running", settlesAt: T0 + 60_000 });
    const message = expect.stringMatching(/^pod films-1-raw-a1-x .*node may be lost.*--force/);
    expect(state([pod], {}, T0 + 60_000)).toEqual({ state: "running", setback: { reason: "PodNotGone", message } });
    expect(state([{ ...pod, ...anEndedPod(143) }], {}, T0 + 90_000)).toEqual({ state: "running" });
  });

  test("a verdict that runs ahead of the pod's end waits a moment for it", () => {
    expect(state([aPod({ runningSince: T0 })], aFailedJob("BackoffLimitExceeded", T0), T0 + 1000)).toEqual({
      state: "running",
      settlesAt: T0 + 5000,
    });
    expect(state([aPod({ runningSince: T0 })], aFailedJob("BackoffLimitExceeded", T0), T0 + 5000)).toMatchObject({
      reason: "JobFailed",
    });
  });

  test("a pod that its node ended without a disruption says so, whatever its container's exit code was", () => {
    const failure = { reason: "Evicted", message: 'Usage of EmptyDir volume "work" exceeds the limit "10Gi".' };
    const words = {
      reason: "PodFailed",
      message: `the node ended the pod or would not take it: Evicted: ${failure.message}`,
    };
    const job = aFailedJob("BackoffLimitExceeded");
    expect(state([anEndedPod(137, "", { failure })], job)).toMatchObject({
      state: "failed",
      retriable: true,
      ...words,
    });
    const refused = aPod({ failed: true, failure: { reason: "UnexpectedAdmissionError", message: "" } });
    expect(state([refused], job)).toMatchObject({
      reason: "PodFailed",
      message: "the node ended the pod or would not take it: UnexpectedAdmissionError",
    });
  });

  test("a task that was told to stop is heard: its own words stand for the signal's number", () => {
    const error = { kind: "transient", code: "Stopped", message: "the work was rolled back" } as const;
    const pod = anEndedPod(143, aResult("raw", 1, { outcome: "failed", error }));
    expect(state([pod], aFailedJob("BackoffLimitExceeded"))).toMatchObject({
      reason: "TransientError",
      message: "the work was rolled back",
      retriable: true,
    });
  });

  const unstarted = (message: string, reason = "StartError", more: Partial<PodFacts> = {}) =>
    state(
      [anEndedPod(128, "", { terminated: { exitCode: 128, reason, message, at: T0 + 1000 }, ...more })],
      aFailedJob("BackoffLimitExceeded"),
    );
  const RUNC =
    "failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process";

  test.each([
    `${RUNC}: error during container init: exec: "/none": stat /none: no such file or directory: unknown`,
    `${RUNC}: exec: "nosuch": executable file not found in $PATH: unknown`,
    `${RUNC}: exec: "/etc/hosts": permission denied: unknown`,
    `${RUNC}: exec: "/etc": is a directory: unknown`,
    `${RUNC}: chdir to cwd ("/gone") set in config.json failed: no such file or directory: unknown`,
    "exec /bin/app: exec format error",
    "crun: executable file `nosuch` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
  ])("a command that no attempt could run is a failure for good, in the kubelet's words: %s", (why) => {
    expect(unstarted(why)).toMatchObject({
      reason: "ContainerCannotRun",
      retriable: false,
      message: `the container could not be started: StartError: ${why}. Correct the command, the working directory or the image of the node`,
    });
  });

  test.each([
    ["a machine without memory", `${RUNC}: unable to apply cgroup configuration: cannot allocate memory`],
    [
      "a volume that is not there",
      `${RUNC}: error mounting "/v" to rootfs at "/w": mount src=/v: no such file or directory`,
    ],
    ["nothing", ""],
  ])("a container that could not be started because of %s is tried again", (_, why) => {
    const said = `StartError: ${why === "" ? "the kubelet does not say why" : why}`;
    expect(unstarted(why)).toMatchObject({
      reason: "ContainerCannotRun",
      retriable: true,
      message: `the container could not be started: ${said}`,
    });
    expect(unstarted(why, "ContainerCannotRun")).toMatchObject({ reason: "ContainerCannotRun", retriable: true });
  });

  test("a container that failed says where its words are", () => {
    const job = aFailedJob("BackoffLimitExceeded");
    expect(state([anEndedPod(3, "", { name: "films-1-raw-a1-x" })], job)).toMatchObject({
      reason: "ExitCode",
      message: "the task container exited with 3; kubectl logs films-1-raw-a1-x shows what it said",
    });
  });

  test("a failed Job whose pod is gone says that nobody saw its end", () => {
    expect(state([], aFailedJob("BackoffLimitExceeded"))).toMatchObject({
      reason: "JobFailed",
      message: expect.stringMatching(/its pod is gone.* deleted, or lost with its node/),
    });
  });

  test("a complete Job whose pod is gone has lost the result", () => {
    expect(state([], { verdict: { succeeded: true, reason: "Complete", message: "", at: T0 } })).toMatchObject({
      reason: "InvalidResult",
    });
  });

  describe("that only has pods that do not run what its Job says", () => {
    const why = "pod x is not counted: its image differs. Set tasks.podCheck: owner";
    const foreign = (pods: readonly PodFacts[], job: Parameters<typeof anAttempt>[3] = {}) =>
      attemptState({ ...anAttempt("raw", 1, pods, job), foreignPod: { why, at: T0 } }, expected, T0);
    const complete = { verdict: { succeeded: true, reason: "Complete", message: "", at: T0 } };
    const failure = { state: "failed", reason: "ForeignPod", retriable: false, restsOnAbsence: true, message: why };

    test.each([
      ["after it is complete", complete],
      ["after it has failed", aFailedJob("BackoffLimitExceeded")],
      ["as one of parts", { parts: { of: 2, parallel: 2, succeeded: [], failed: [] }, ...complete }],
    ])("has failed for good and says what to do, %s", (_, job) => {
      expect(foreign([], job)).toMatchObject(failure);
    });

    test("may still have one of its own while the Job is not judged, and says meanwhile what it waits for", () => {
      expect(foreign([])).toMatchObject({ state: "starting", podless: true });
    });

    test("stands where its own pods say, as long as it has any", () => {
      expect(foreign([aPod({ runningSince: T0 })])).toMatchObject({ state: "running" });
      expect(foreign([anEndedPod(0, aResult("raw", 1))])).toMatchObject({ state: "succeeded" });
    });
  });

  test("an attempt without a Job is gone", () => {
    expect(attemptState({ attempt: 1, pods: [] }, expected, T0)).toEqual({ state: "gone" });
  });
});

test("reading a result never throws, whatever a pod says", () => {
  for (const text of ["{}", "null", "[]", "1", '"x"', '{"version":1}', `{"a":${"[".repeat(900)}${"]".repeat(900)}}`]) {
    expect(readResult(text, expected)).toBeTypeOf("string");
  }
});
