import { pino } from "pino";
import { beforeEach, expect, test } from "vitest";
import { type EventTarget, EventWriter } from "../../../operator/controllers/loop/event-writer.ts";
import { ApiError } from "../../../operator/kube/api-error.ts";
import type { EventIntent } from "../../../operator/telemetry/run-events.ts";
import { FakeApi } from "../../support/fake-cluster/fake-api.ts";
import { FakeClock } from "../../support/machine/fake-clock.ts";

const target: EventTarget = { kind: "PipelineRun", namespace: "demo", name: "films-1", uid: "uid" };
const intent = (note: string): EventIntent => ({ type: "Warning", reason: "NodeFailed", action: "Fail", note });

let clock: FakeClock;
let api: FakeApi;
let logged: string[];
let writer: EventWriter;

beforeEach(() => {
  clock = new FakeClock();
  api = new FakeApi(clock);
  logged = [];
  const log = pino({}, { write: (line: string) => void logged.push(line) });
  writer = new EventWriter({ kube: api.client({ name: "operator" }), clock, log, instance: "kelt-0" });
});

const events = () => api.storage.list("Event");

test("an Event tells of its object, when and by whom", async () => {
  writer.write(target, [intent("node raw: no")]);
  await writer.flush();
  expect(events()).toEqual([
    expect.objectContaining({
      metadata: expect.objectContaining({
        namespace: "demo",
        name: expect.stringMatching(/^films-1\.[0-9a-f]{16}$/),
      }),
      type: "Warning",
      reason: "NodeFailed",
      action: "Fail",
      note: "node raw: no",
      eventTime: "2026-01-01T00:00:00.000000Z",
      reportingController: "kelt.dev/operator",
      reportingInstance: "kelt-0",
      regarding: {
        apiVersion: "kelt.dev/v1alpha1",
        kind: "PipelineRun",
        namespace: "demo",
        name: "films-1",
        uid: "uid",
      },
    }),
  ]);
});

test("the same Event at the same time is written once; later it is another one", async () => {
  writer.write(target, [intent("a"), intent("a"), intent("b")]);
  await writer.flush();
  expect(events()).toHaveLength(2);
  await clock.advance(1);
  writer.write(target, [intent("a")]);
  await writer.flush();
  expect(events()).toHaveLength(3);
  expect(logged).toEqual([]);
});

test.each([`${"r".repeat(229)}-x`, `${"r".repeat(229)}.x`, "r".repeat(253)])(
  "the name of an Event about a long name is a name (%#)",
  async (name) => {
    writer.write({ ...target, name }, [intent("a")]);
    await writer.flush();
    const [event] = events();
    expect(event?.metadata.name).toMatch(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/);
    expect(event?.metadata.name.length).toBeLessThanOrEqual(253);
  },
);

test("an Event that cannot be written is logged and harms nothing", async () => {
  api.faults.before = () =>
    new ApiError("no", { status: 403, reason: "Forbidden", verb: "create", resource: "events" });
  writer.write(target, [intent("a")]);
  await expect(writer.flush()).resolves.toBeUndefined();
  expect(logged.join()).toContain("an Event could not be written");
});

const intents = (count: number) => Array.from({ length: count }, (_, index) => intent(String(index)));

test("what comes on top of what is under way is dropped, and said in one line", async () => {
  api.faults.latencyMs = () => 1_000;
  for (const namespace of ["a", "b", "c", "d", "e"]) writer.write({ ...target, namespace }, intents(14));
  await clock.advance(1_000);
  await writer.flush();
  expect(events()).toHaveLength(64);
  const dropped = logged.filter((line) => line.includes("Events were dropped"));
  expect(dropped.map((line) => JSON.parse(line))).toMatchObject([{ namespace: "e", count: 6 }]);
  writer.write(target, [intent("after")]);
  await clock.advance(1_000);
  expect(events()).toHaveLength(65);
});

test("a namespace with many Events leaves room for those of others", async () => {
  api.faults.latencyMs = () => 1_000;
  writer.write({ ...target, namespace: "loud" }, intents(500));
  writer.write({ ...target, namespace: "quiet" }, intents(2));
  await clock.advance(1_000);
  await writer.flush();
  const count = (namespace: string) => events().filter(({ metadata }) => metadata.namespace === namespace).length;
  expect([count("loud"), count("quiet")]).toEqual([16, 2]);
  expect(logged).toHaveLength(1);
});
