import { expect, test } from "vitest";
import { nodesNamed as named, startedOperator } from "../../support/fake-cluster/started-operator.ts";

test("the words of the kubelet stand at a node whose volume names a ConfigMap that does not exist", async () => {
  const fate = { end: "stuck", reason: "ContainerCreating" } as const;
  const { clock, api, status } = await startedOperator(named(["a"], { retries: { limit: 0 } }), { fate });
  const words = 'MountVolume.SetUp failed for volume "rates" : configmap "fx-rates" not found';
  const notes: readonly [reason: string, note: string, second: number][] = [
    ["FailedMount", words, 1],
    ["FailedMount", "Unable to attach or mount volumes: timed out waiting for the condition", 3],
  ];
  api.storage.onEvent(({ type, object }) => {
    if (type !== "ADDED" || object.kind !== "Pod") return;
    const regarding = { kind: "Pod", uid: object.metadata.uid };
    for (const [reason, note, second] of notes) {
      const deprecatedLastTimestamp = `2026-01-01T00:00:0${second}Z`;
      const metadata = { name: `e${second}` };
      api.storage.create("Event", "demo", { metadata, reason, note, regarding, deprecatedLastTimestamp });
    }
  });
  await clock.advance(15_000);
  expect(status().nodes?.a).toMatchObject({
    ...{ state: "Starting", reason: "FailedMount" },
    message: expect.stringContaining(`${words}. Create ConfigMap fx-rates`),
  });
  expect(api.calls.filter(({ verb, kind }) => verb === "list" && kind === "Event").length).toBeLessThan(3);
  await clock.advance(60_000);
  expect(status().nodes?.a).toMatchObject({ reason: "StartTimedOut", message: expect.stringContaining(words) });
});

test("a fault that the kubelet has got over is not told while it pulls the image", async () => {
  const fate = { end: "stuck", reason: "ContainerCreating" } as const;
  const { clock, api, status } = await startedOperator(named(["a"]), { fate });
  api.storage.onEvent(({ type, object }) => {
    if (type !== "ADDED" || object.kind !== "Pod") return;
    const regarding = { kind: "Pod", uid: object.metadata.uid };
    const event = { regarding, metadata: { name: "e1" }, deprecatedLastTimestamp: "2026-01-01T00:00:01Z" };
    api.storage.create("Event", "demo", { ...event, reason: "FailedMount", note: 'secret "x" not found' });
    const later = { metadata: { name: "e2" }, deprecatedLastTimestamp: "2026-01-01T00:00:02Z" };
    api.storage.create("Event", "demo", { ...event, ...later, reason: "Pulling", note: "Pulling image" });
  });
  await clock.advance(15_000);
  expect(status().nodes?.a).toMatchObject({ state: "Starting" });
  expect(status().nodes?.a).not.toHaveProperty("reason");
});

test("a sidecar that ignores SIGTERM does not hold up the next attempt, and never are two Jobs of a node alive", async () => {
  const fate = { end: "exits", exitCode: 3, message: "", sidecar: true } as const;
  const retries = { limit: 1, backoff: { initial: "8s", max: "8s" } };
  const { clock, api, status } = await startedOperator(named(["a"], { retries }), { fate });
  let most = 0;
  api.storage.onEvent(() => {
    most = Math.max(most, api.storage.list("Job").length);
  });
  await clock.advance(24_000);
  expect(status().nodes?.a).toMatchObject({ attempt: 2 });
  await clock.advance(60_000);
  expect(status().nodes?.a).toMatchObject({ state: "Failed", reason: "ExitCode", attempt: 2 });
  expect(most).toBe(1);
});
