import { expect, test } from "vitest";
import type { Acted } from "../../../operator/controllers/runs/act.ts";
import { CreationPace } from "../../../operator/controllers/runs/creation-pace.ts";
import type { JobAction } from "../../../operator/run/action.ts";

const create = (node: string): JobAction => ({ do: "createJob", node, attempt: 1 });
const nodes = Array.from({ length: 256 }, (_, index) => `n${index}`);

/** Carries the actions out against a server that refuses as `refuses` says; what was asked for, and what was put off. */
async function carryOut(
  pace: CreationPace,
  actions: readonly JobAction[],
  refuses: (node: string) => boolean | "final",
) {
  const asked: string[] = [];
  const { outcomes, putOff } = await pace.carryOut(actions, (action) => {
    asked.push(action.node);
    const refused = action.do === "createJob" && refuses(action.node);
    if (action.do !== "createJob" || refused === false) {
      pace.created(action.node);
      return Promise.resolve<Acted>({ action });
    }
    pace.refused(action.node);
    const refusal = { reason: "JobRefused", message: "exceeded quota", final: refused === "final" } as const;
    return Promise.resolve<Acted>({ action, refusal });
  });
  return { asked, outcomes, putOff: putOff.map(({ node }) => node) };
}

test("everything is asked for in one pass while nothing is refused", async () => {
  const { asked, putOff } = await carryOut(new CreationPace(), nodes.map(create), () => false);
  expect([asked, putOff]).toEqual([nodes, []]);
});

test("a quota that is full is asked eight times and not 256 times", async () => {
  const { asked, putOff } = await carryOut(new CreationPace(), nodes.map(create), () => true);
  expect([asked.length, putOff.length]).toEqual([8, 248]);
});

test("a batch ends at the first refusal in it, so that what there is room for is made", async () => {
  const room = new Set(nodes.slice(0, 30));
  const { asked, putOff } = await carryOut(new CreationPace(), nodes.map(create), (node) => !room.has(node));
  expect([asked.length, putOff.length]).toEqual([8 + 16 + 32, 200]);
});

test("nodes that a policy refuses stop no other node: the others go first the next time", async () => {
  const pace = new CreationPace();
  const bad = new Set(nodes.slice(0, 8));
  const first = await carryOut(pace, nodes.map(create), (node) => bad.has(node));
  expect(first.putOff).toHaveLength(248);
  const second = await carryOut(pace, nodes.map(create), (node) => bad.has(node));
  expect(second.asked.slice(0, 248)).toEqual(first.putOff);
});

test("a Job that will never be taken puts nothing off, and neither do deletions", async () => {
  const remove: JobAction = { do: "deleteJob", node: "old", name: "old", uid: "u", why: "" };
  const { asked, putOff } = await carryOut(new CreationPace(), [...nodes.map(create), remove], (node) =>
    node === "n3" ? "final" : false,
  );
  expect([asked.length, putOff]).toEqual([257, []]);
});

test("a failure puts the rest off, and what was done is known", async () => {
  const pace = new CreationPace();
  const { outcomes, putOff } = await pace.carryOut(nodes.map(create), (action) =>
    action.node === "n2" ? Promise.reject(new Error("500")) : Promise.resolve({ action }),
  );
  expect([outcomes.length, putOff.length]).toEqual([8, 248]);
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(7);
});

test("the wait of a node doubles until its Job is made", () => {
  const pace = new CreationPace();
  expect(Array.from({ length: 6 }, () => pace.refused("a"))).toEqual([5_000, 10_000, 20_000, 40_000, 60_000, 60_000]);
  expect(pace.refused("b")).toBe(5_000);
  pace.created("a");
  expect([pace.refused("a"), pace.refused("b")]).toEqual([5_000, 10_000]);
});

test("many nodes wait for one moment, later each time until a Job is made; few wait each alone", () => {
  const pace = new CreationPace();
  let now = 0;
  const pause = () => {
    const begun = now;
    now = pace.pauseEnd(9, now) ?? Number.NaN;
    return (now - begun) / 1_000;
  };
  expect(Array.from({ length: 7 }, pause)).toEqual([1, 2, 4, 8, 16, 30, 30]);
  pace.created("a");
  expect(pause()).toBe(1);
  expect(pace.pauseEnd(8, now)).toBeUndefined();
});

test("a pause that is under way becomes no longer, whatever is refused meanwhile", () => {
  const pace = new CreationPace();
  const end = pace.pauseEnd(256, 0);
  for (const now of [100, 200, 999]) expect(pace.pauseEnd(256, now)).toBe(end);
});
