import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type ConditionValues, readCondition } from "../../../operator/expressions/condition.ts";

const TESTS = { passed: 3, warned: 0, failed: 1, errored: 0 };
const NODE = { state: "Succeeded", reason: "", rows: 0, bytes: 0, attempts: 1, commit: "", tests: TESTS };
const VALUES: ConditionValues = {
  params: { full: true, days: 3, share: 0.5, day: "2026-12-01", tables: ["films", "actors"] },
  run: {
    name: "films-1",
    pipeline: "films",
    scheduled: new Date("2026-12-01T06:00:00Z"),
    interval: { start: new Date("2026-11-30T06:00:00Z"), end: new Date("2026-12-01T06:00:00Z") },
    failedNodes: ["quality"],
    stopped: false,
  },
  nodes: { raw: { ...NODE, rows: 5 }, "raw-files": { ...NODE, state: "Failed", reason: "DataError" } },
};

function holds(text: string, values = VALUES): boolean | string {
  const read = readCondition(text);
  if (!read.ok) return read.problem;
  try {
    return read.condition.holds(values);
  } catch (error) {
    return String((error as Error).message);
  }
}

describe("a condition", () => {
  test.each([
    ["params.full", true],
    ["!params.full || params.days > 7", false],
    ["params.days == 3 && params.share < 0.6", true],
    ["'films' in params.tables", true],
    ["params.day >= '2026-11-01'", true],
    ["params.?missing.orValue(true)", "column 8: Expected IDENTIFIER, got QUESTION"],
    ["has(params.missing)", false],
    ["nodes.raw.rows > 0", true],
    ["nodes['raw-files'].state == 'Failed' && nodes['raw-files'].reason == 'DataError'", true],
    ["nodes.raw.tests.failed == 0", false],
    ["nodes.exists(name, nodes[name].rows > 4)", true],
    ["size(run.failedNodes) == 1 && run.failedNodes[0] == 'quality'", true],
    ["run.scheduled.getDayOfWeek() == 2", true],
    ["run.scheduled.getHours('Europe/Berlin') == 7", true],
    ["run.interval.end - run.interval.start == duration('24h')", true],
    ["run.pipeline == 'films' && !run.stopped", true],
  ])("%s is %s", (text, expected) => {
    expect(holds(text)).toBe(expected);
  });

  test("of a run without an interval can ask for it", () => {
    const { interval: _, ...run } = VALUES.run;
    expect(holds("has(run.interval)", { ...VALUES, run })).toBe(false);
    expect(holds("run.interval.start < run.scheduled", { ...VALUES, run })).toBe("there is no interval here");
  });

  test.each([
    ["nodes.raw.rws > 0", "column 11: there is no rws here"],
    ["nodes.raw.rows > 'a'", "column 1: no such overload: int > string"],
    ["nods.raw.rows > 0", "column 1: there is no nods; did you mean nodes?"],
    ["sizes(params.tables) > 0", "column 1: there is no function sizes; did you mean size?"],
    ["true &&\n nodes.raw.rows > 'a'", "line 2, column 2: no such overload: int > string"],
    ["nodes.raw.rows >", "column 17: Unexpected token: EOF"],
    ["nodes.raw.rows", "column 1: expected true or false, found int"],
    [
      "run.name.matches('(a+)+$')",
      "column 1: there is no matches here, as a regular expression may take for ever; use startsWith, endsWith or contains",
    ],
    [
      "params.tables.all(a, params.tables.exists(b, a == b))",
      "column 22: exists stands inside of another one that walks a list; one inside of another may take too long",
    ],
  ])("%j is refused where it stands", (text, problem) => {
    expect(readCondition(text)).toEqual({ ok: false, problem });
  });

  test.each([
    ["params.days", "expected true or false, found a number"],
    ["params.missing", "there is no missing here"],
    ["1 / 0 == 1", "division by zero"],
  ])("%s says why it is neither true nor false: %s", (text, problem) => {
    expect(holds(text)).toBe(problem);
  });

  test("tells which nodes and parameters it names", () => {
    const read = readCondition("nodes.raw.rows > 0 && params.full || nodes['raw-files'].state == 'Failed'");
    expect(read).toMatchObject({
      ok: true,
      condition: {
        looksAtNodes: true,
        entries: [
          { of: "nodes", name: "raw", at: 0 },
          { of: "params", name: "full", at: 22 },
          { of: "nodes", name: "raw-files", at: 37 },
        ],
      },
    });
    expect(readCondition("params.full")).toMatchObject({ condition: { looksAtNodes: false } });
    expect(readCondition("size(run.failedNodes) > 0")).toMatchObject({ condition: { looksAtNodes: true } });
  });

  test("is read or refused, whatever it is, and ends", () => {
    const words = fc.constantFrom(
      ..."params nodes run . raw rows ( ) [ ] { } ? : && || ! == > + - * / % , ' \" 1 0.5 true null in has all map x".split(
        " ",
      ),
    );
    const text = fc.oneof(
      fc.string(),
      fc.array(words, { maxLength: 60 }).map((list) => list.join(" ")),
    );
    fc.assert(
      fc.property(text, (each) => {
        expect(["boolean", "string"]).toContain(typeof holds(each));
      }),
      { numRuns: 2_000 },
    );
  });
});
