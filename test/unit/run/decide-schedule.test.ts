import { describe, expect, test } from "vitest";
import { Schedule, type ScheduleStatus } from "#api/schedule.ts";
import { decideSchedule, timetableText } from "../../../operator/run/schedule/decide-schedule.ts";
import type { RunOfPipeline, ScheduleFacts } from "../../../operator/run/schedule/schedule-facts.ts";
import { slotRunName } from "../../../operator/run/schedule/slot-run.ts";
import { readTimetable } from "../../../operator/schedule/timetable.ts";

const PIPELINE = { name: "films", uid: "uid-1", generation: 1, creationTimestamp: "2026-12-01T00:30:00Z" };
/** A moment of the first of December 2026. */
const at = (time: string) => Date.parse(`2026-12-01T${time}${time.length === 5 ? ":00" : ""}Z`);
const hour = (slot: number) => new Date(slot).toISOString().slice(11, 16);

function factsOf(said: object, now: string, more: Partial<ScheduleFacts> = {}): ScheduleFacts {
  const schedule = Schedule.parse({ cron: "0 * * * *", ...said });
  const read = readTimetable(schedule);
  if (!read.ok) throw new Error(JSON.stringify(read.problems));
  return {
    now: at(now),
    pipeline: PIPELINE,
    schedule,
    timetable: read.timetable,
    suspended: false,
    stored: decided("05:00", said),
    unseen: false,
    runs: [],
    occupied: new Set(),
    ...more,
  };
}

/** A status that has decided everything until a time. */
function decided(until: string, said: object = {}, more: ScheduleStatus = {}): ScheduleStatus {
  const timetable = timetableText(Schedule.parse({ cron: "0 * * * *", ...said }));
  return { timetable, decidedUntil: new Date(at(until)).toISOString(), missed: 0, skipped: 0, ...more };
}

/** The run of a slot, at work unless said otherwise. */
const slotRun = (time: string, more: Partial<RunOfPipeline> = {}): RunOfPipeline => ({
  name: slotRunName("films", at(time)),
  uid: `uid-of-${time}`,
  active: true,
  ending: false,
  scheduled: at(time),
  bySchedule: true,
  ...more,
});
const manualRun = (more: Partial<RunOfPipeline> = {}): RunOfPipeline => ({
  name: "films-x7k2p",
  uid: "uid-manual",
  active: true,
  ending: false,
  bySchedule: false,
  ...more,
});

/** What is decided, with slots as their times of the day. */
function decide(facts: ScheduleFacts) {
  const { begin, cancel, status, notes, wakeAt } = decideSchedule(facts);
  return {
    begin: begin.map(({ slot }) => hour(slot)),
    cancel: cancel.map(({ name }) => name),
    waiting: (status.waiting ?? []).map((time) => hour(Date.parse(time))),
    missed: status.missed ?? 0,
    skipped: status.skipped ?? 0,
    why: status.lastMissed?.reason,
    until: hour(Date.parse(status.decidedUntil ?? "")),
    notes: notes.map(({ reason }) => reason),
    wake: wakeAt === undefined ? undefined : new Date(wakeAt).toISOString().slice(11, 19),
  };
}

const NOTHING = { begin: [], cancel: [], waiting: [], missed: 0, skipped: 0, why: undefined, notes: [] };

describe("a slot that has come", () => {
  test("gets a run that carries its name and the time since the slot before", () => {
    const { begin } = decideSchedule(factsOf({}, "06:00"));
    expect(begin).toEqual([
      { slot: at("06:00"), name: "films-20261201t0600z", interval: { start: at("05:00"), end: at("06:00") } },
    ]);
  });

  test("is decided once, and the next look is at the next one", () => {
    expect(decide(factsOf({}, "05:59"))).toEqual({ ...NOTHING, until: "05:00", wake: "06:00:00" });
    expect(decide(factsOf({}, "06:00"))).toEqual({ ...NOTHING, begin: ["06:00"], until: "06:00", wake: "07:00:00" });
    expect(decide(factsOf({}, "06:20", { stored: decided("06:00") }))).toEqual({
      ...NOTHING,
      until: "06:00",
      wake: "07:00:00",
    });
  });

  test("has its run already where the status does not say so yet", () => {
    for (const concurrency of ["Allow", "Queue", "Forbid", "Replace"]) {
      const decision = decide(factsOf({ concurrency }, "06:00", { runs: [slotRun("06:00")] }));
      expect(decision).toEqual({ ...NOTHING, until: "06:00", wake: "07:00:00" });
    }
  });

  test("whose name another's run has is missed", () => {
    const stranger = { ...manualRun({ active: false }), name: slotRunName("films", at("06:00")) };
    expect(decide(factsOf({}, "06:00", { runs: [stranger] })).begin).toEqual(["06:00"]);
    expect(decide(factsOf({}, "06:00", { runs: [stranger], occupied: new Set([at("06:00")]) }))).toMatchObject({
      begin: [],
      missed: 1,
      why: "NameConflict",
      until: "06:00",
    });
  });
});

describe("slots that passed while nobody looked", () => {
  test.each([
    ["last", {}, ["09:00"], 3],
    ["none, and the latest is late", { catchUp: "none" }, [], 4],
    ["all", { catchUp: "all", concurrency: "Allow" }, ["06:00", "07:00", "08:00", "09:00"], 0],
    ["all, two at most", { catchUp: "all", catchUpLimit: 2, concurrency: "Allow" }, ["08:00", "09:00"], 2],
    [
      "all that a deadline leaves",
      { catchUp: "all", startingDeadline: "90m", concurrency: "Allow" },
      ["08:00", "09:00"],
      2,
    ],
    ["last, and a deadline that is over", { startingDeadline: "10m" }, [], 4],
  ])("with catchUp %s", (_, said, begin, missed) => {
    expect(decide(factsOf(said, "09:20"))).toMatchObject({ begin, missed, until: "09:00", wake: "10:00:00" });
  });

  test("with catchUp none the latest runs when it is hardly late", () => {
    expect(decide(factsOf({ catchUp: "none" }, "09:09"))).toMatchObject({ begin: ["09:00"], missed: 3 });
  });

  test("are caught up one after the other, the oldest first, where runs must not overlap", () => {
    for (const concurrency of ["Queue", "Forbid"]) {
      const said = { catchUp: "all", concurrency };
      expect(decide(factsOf(said, "08:20"))).toMatchObject({
        begin: ["06:00"],
        waiting: ["07:00", "08:00"],
        skipped: 0,
      });
      const stored = decided("08:00", said, {
        waiting: ["07:00", "08:00"].map((time) => new Date(at(time)).toISOString()),
      });
      const busy = decide(factsOf(said, "08:30", { stored, runs: [slotRun("06:00")] }));
      expect(busy).toMatchObject({ begin: [], waiting: ["07:00", "08:00"], notes: [] });
      const idle = decide(factsOf(said, "08:40", { stored, runs: [slotRun("06:00", { active: false })] }));
      expect(idle).toMatchObject({ begin: ["07:00"], waiting: ["08:00"] });
    }
  });

  test("come to the same after a crash in the middle, although time went on", () => {
    const ran = decide(factsOf({}, "10:05", { runs: [slotRun("09:00", { active: false })] }));
    expect(ran).toMatchObject({ begin: ["10:00"], missed: 3 });
    const same = decide(factsOf({}, "09:25", { runs: [slotRun("09:00", { active: false })] }));
    expect(same).toMatchObject({ begin: [], missed: 3, until: "09:00" });
  });

  test("of years are looked at within bounds", () => {
    const stored = { ...decided("05:00", { cron: "* * * * *" }), decidedUntil: "2019-01-01T00:00:00.000Z" };
    const decision = decide(factsOf({ cron: "* * * * *", catchUp: "all", concurrency: "Allow" }, "06:00", { stored }));
    expect(decision.begin).toHaveLength(10);
    expect(decision).toMatchObject({ missed: 990, until: "06:00" });
  });
});

describe("what counts from when", () => {
  test("a new Pipeline has slots from its creation on", () => {
    const fresh = { stored: {}, unseen: true };
    expect(decide(factsOf({}, "00:59", fresh))).toMatchObject({ begin: [], until: "00:30", wake: "01:00:00" });
    expect(decide(factsOf({ catchUp: "all" }, "01:00", fresh))).toMatchObject({ begin: ["01:00"], missed: 0 });
    expect(decide(factsOf({ catchUp: "all" }, "00:10", fresh))).toMatchObject({ begin: [], until: "00:10" });
  });

  test("a schedule that was added or changed begins at the change", () => {
    const changed = decide(factsOf({ cron: "*/10 * * * *", catchUp: "all" }, "06:55", { stored: decided("05:00") }));
    expect(changed).toEqual({ ...NOTHING, until: "06:55", wake: "07:00:00" });
    const added = decide(factsOf({}, "06:55", { stored: {}, pipeline: { ...PIPELINE, generation: 2 } }));
    expect(added).toEqual({ ...NOTHING, until: "06:55", wake: "07:00:00" });
  });

  test("a clock that goes back repeats no slot, and one that was years ahead does not end the schedule", () => {
    const back = decide(factsOf({}, "04:30", { stored: decided("06:00") }));
    expect(back).toEqual({ ...NOTHING, until: "06:00", wake: "07:00:00" });
    const wrong = { ...decided("06:00"), decidedUntil: "2036-12-01T06:00:00.000Z" };
    expect(decide(factsOf({}, "06:30", { stored: wrong }))).toEqual({ ...NOTHING, until: "06:30", wake: "07:00:00" });
  });
});

describe("a suspended schedule", () => {
  const suspend = (now: string, stored = decided("05:00")) =>
    decideSchedule(factsOf({}, now, { suspended: true, stored })).status;

  test("decides nothing and keeps what waits", () => {
    const waiting = [new Date(at("05:00")).toISOString()];
    const status = suspend("09:20", decided("05:00", {}, { waiting }));
    expect(status).toMatchObject({ waiting, next: [], suspendedSince: "2026-12-01T09:20:00.000Z", missed: 0 });
    expect(suspend("09:50", status)).toEqual(status);
  });

  test.each([
    ["none", { catchUp: "none" }, [], 4, "Suspended"],
    ["last", {}, ["09:00"], 3, "CaughtUp"],
    ["all", { catchUp: "all", concurrency: "Allow" }, ["06:00", "07:00", "08:00", "09:00"], 0, undefined],
  ])("goes on with catchUp %s when it is resumed", (_, said, begin, missed, why) => {
    const stored = decided("05:00", said, { suspendedSince: "2026-12-01T05:10:00Z" });
    const status = decideSchedule(factsOf(said, "09:01", { stored }));
    expect(decide(factsOf(said, "09:01", { stored }))).toMatchObject({ begin, missed, why, until: "09:00" });
    expect(status.status.suspendedSince).toBeUndefined();
  });
});

describe("while a run is at work", () => {
  const WORK: readonly (readonly [string, RunOfPipeline])[] = [
    ["of the slot before", slotRun("05:00")],
    ["that somebody made", manualRun()],
  ];

  test.each(WORK)("%s, Allow begins, Queue waits, Forbid skips", (_, run) => {
    const decideWith = (concurrency: string) => decide(factsOf({ concurrency }, "06:00", { runs: [run] }));
    expect(decideWith("Allow")).toMatchObject({ begin: ["06:00"], notes: [] });
    expect(decideWith("Queue")).toMatchObject({ begin: [], waiting: ["06:00"], skipped: 0, notes: ["SlotWaits"] });
    expect(decideWith("Forbid")).toMatchObject({ waiting: [], skipped: 1, why: "RunAtWork", notes: ["SlotSkipped"] });
  });

  test("Replace cancels the run of a slot and begins when it has ended", () => {
    const said = { concurrency: "Replace" };
    const first = decide(factsOf(said, "06:00", { runs: [slotRun("05:00")] }));
    expect(first).toMatchObject({
      begin: [],
      cancel: ["films-20261201t0500z"],
      waiting: ["06:00"],
      notes: ["SlotWaits", "RunReplaced"],
    });
    const stored = decided("06:00", said, { waiting: [new Date(at("06:00")).toISOString()] });
    const ending = decide(factsOf(said, "06:01", { stored, runs: [slotRun("05:00", { ending: true })] }));
    expect(ending).toMatchObject({ begin: [], cancel: [], waiting: ["06:00"], notes: [] });
    const ended = decide(factsOf(said, "06:02", { stored, runs: [slotRun("05:00", { active: false })] }));
    expect(ended).toMatchObject({ begin: ["06:00"], waiting: [], skipped: 0 });
  });

  test("Replace cancels no run that somebody made, and of slots that wait the latest is left", () => {
    const said = { concurrency: "Replace" };
    const stored = decided("06:00", said, { waiting: [new Date(at("06:00")).toISOString()] });
    expect(decide(factsOf(said, "07:00", { stored, runs: [manualRun()] }))).toMatchObject({
      cancel: [],
      waiting: ["07:00"],
      skipped: 1,
      why: "Replaced",
    });
  });

  test("a queue has an end: the newest slots are skipped, those that wait keep their place", () => {
    const said = { concurrency: "Queue", queueLimit: 2 };
    const waiting = ["06:00", "07:00"].map((time) => new Date(at(time)).toISOString());
    const stored = decided("07:00", said, { waiting });
    expect(decide(factsOf(said, "08:00", { stored, runs: [slotRun("05:00")] }))).toMatchObject({
      waiting: ["06:00", "07:00"],
      skipped: 1,
      why: "QueueFull",
    });
    expect(decide(factsOf(said, "08:00", { stored, runs: [] }))).toMatchObject({
      begin: ["06:00"],
      waiting: ["07:00", "08:00"],
    });
  });

  test("a slot waits no longer than its deadline, and the next look is then", () => {
    const said = { concurrency: "Queue", startingDeadline: "30m" };
    const stored = decided("06:00", said, { waiting: [new Date(at("06:00")).toISOString()] });
    const runs = [slotRun("05:00")];
    expect(decide(factsOf(said, "06:30", { stored, runs }))).toMatchObject({ waiting: ["06:00"], wake: "06:30:00" });
    expect(decide(factsOf(said, "06:31", { stored, runs }))).toMatchObject({ waiting: [], missed: 1, why: "TooLate" });
  });
});

describe("jitter", () => {
  test("is the same for a slot each time, differs between slots, and ends before the next slot", () => {
    const said = { jitter: "5h" };
    const waits = Array.from({ length: 24 }, (_, index) => {
      const slot = at("05:00") + index * 3_600_000;
      const stored = { ...decided("05:00", said), decidedUntil: new Date(slot - 3_600_000).toISOString() };
      const wakes = [0, 1].map((late) => decideSchedule(factsOf(said, "05:00", { stored, now: slot + late })).wakeAt);
      return (wakes[0] ?? 0) - slot;
    });
    expect(waits.every((wait) => wait >= 0 && wait < 3_600_000)).toBe(true);
    expect(new Set(waits).size).toBeGreaterThan(20);
  });

  test("keeps a slot until its time has come", () => {
    const facts = factsOf({ jitter: "30m" }, "06:00");
    const { wakeAt = 0 } = decideSchedule(facts);
    expect(wakeAt).toBeGreaterThan(at("06:00"));
    expect(decide({ ...facts, now: wakeAt - 1 })).toMatchObject({ begin: [], until: "05:00" });
    expect(decide({ ...facts, now: wakeAt })).toMatchObject({ begin: ["06:00"], until: "06:00" });
  });
});

test("every slot of a name is one minute of UTC, and fits an object's name", () => {
  expect(slotRunName("films", Date.parse("2026-12-01T05:00:00Z"))).toBe("films-20261201t0500z");
  expect(slotRunName("f".repeat(63), at("06:00"))).toMatch(/^f{63}-[0-9]{8}t[0-9]{4}z$/);
});

test("the text of a timetable is short, and another one for another schedule", () => {
  const texts = [
    { cron: "0 6 * * *" },
    { cron: "0 7 * * *" },
    { cron: "0 6 * * *", timeZone: "Europe/Berlin" },
    { crons: Array.from({ length: 16 }, (_, minute) => `${minute} 6 * * *`) },
    {
      crons: Array.from({ length: 16 }, (_, minute) => `${minute} 6 * * *`)
        .reverse()
        .sort(),
    },
    { crons: Array.from({ length: 16 }, (_, minute) => `${minute} 7 * * *`) },
  ].map((said) => timetableText(Schedule.parse(said)));
  expect(texts.every((text) => text.length <= 64)).toBe(true);
  expect(texts[2]).toBe("0 6 * * * Europe/Berlin");
  expect(new Set(texts).size).toBe(6);
});
