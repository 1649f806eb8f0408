import { describe, expect, it } from "vitest";
import { fitTo, formatDuration, formatFailure, formatStep } from "../../../config/quickstart/lines.ts";
import { Screen } from "../../../config/quickstart/screen.ts";
import { done, Step } from "../../../config/quickstart/step.ts";

function aStep(name: string, change: Partial<Step<unknown>> = {}): Step<unknown> {
  const step = new Step<unknown>(name, [], () => Promise.resolve(done(undefined, "")));
  return Object.assign(step, change);
}

const ESCAPE = String.fromCharCode(27);

/** What a terminal shows after it was written to: understands line feeds, "up N lines" and "erase below". */
function shownBy(writes: readonly string[]): string[] {
  const rows: string[] = [];
  for (const part of writes.join("").split(new RegExp(`(?<=\n)|(?=${ESCAPE})`))) {
    const [, lines, command, text = part] = new RegExp(`^${ESCAPE}\\[(\\d+)([AJ])(.*\n?)`).exec(part) ?? [];
    if (command === "A") rows.length -= Number(lines);
    if (text.endsWith("\n")) rows.push(text.slice(0, -1));
  }
  return rows;
}

function aScreen(isTTY: boolean) {
  const writes: string[] = [];
  const clock = { now: 0 };
  const output = { isTTY, columns: 80, write: (text: string) => writes.push(text) };
  return { screen: new Screen(output, () => clock.now), writes, clock };
}

describe("a line of a step", () => {
  it("says its name, what it does and its seconds", () => {
    const line = formatStep(aStep("cluster", { state: "running", words: "starting", started: 1000 }), 5200, 60);
    expect(line).toMatch(/^ {2}> cluster +starting +4\.2 s$/);
  });

  it("is never wider than the terminal, whatever a program says", () => {
    const words = "a long\nstory\tof packages ".repeat(20);
    for (const width of [60, 80, 120]) {
      const line = formatStep(aStep("tools", { state: "running", words }), 0, width);
      expect(line.length).toBeLessThanOrEqual(width);
      expect(line).not.toContain("\n");
    }
  });

  it.each([
    [0, "0.0 s"],
    [9_940, "9.9 s"],
    [9_960, "10 s"],
    [119_000, "119 s"],
    [385_602, "6:26 min"],
    [3_600_000, "60:00 min"],
  ])("writes %d ms as %s", (milliseconds, text) => expect(formatDuration(milliseconds)).toBe(text));

  it("fills or cuts words to their column", () => {
    expect(fitTo("ab", 4)).toBe("ab  ");
    expect(fitTo("abcdef", 4)).toBe("abc…");
  });
});

describe("a failure", () => {
  it("says what failed, the log's last lines, what to do and that the next start goes on", () => {
    const step = aStep("operator", { state: "failed", error: new Error("timed out") });
    const said = formatFailure(step, ".kelt/logs/operator.log", ["0/1 ready"]);
    expect(said).toContain("operator failed: timed out");
    expect(said).toContain("The last lines of .kelt/logs/operator.log:\n    0/1 ready");
    expect(said).toContain("`npm start` goes on from there");
  });
});

describe("a screen", () => {
  it("keeps finished lines and draws running ones below them again and again", () => {
    const { screen, writes } = aScreen(true);
    const tools = aStep("tools", { state: "running", words: "1 of 9" });
    const images = aStep("images", { state: "running" });
    const steps = [tools, images];
    screen.showStep(tools, steps);
    screen.showStep(images, steps);
    tools.words = "9 of 9";
    screen.showStep(tools, steps);
    expect(shownBy(writes)).toEqual([expect.stringContaining("9 of 9"), expect.stringContaining("images")]);
    tools.state = "done";
    screen.showStep(tools, steps);
    expect(shownBy(writes)).toEqual([expect.stringMatching(/^ {2}\+ tools/), expect.stringMatching(/^ {2}> images/)]);
    screen.redraw([]);
    screen.print("the end");
    expect(shownBy(writes)).toEqual([expect.stringContaining("+ tools"), "the end"]);
  });

  it("writes no control characters into a file, and progress only once in a while", () => {
    const { screen, writes, clock } = aScreen(false);
    const step = aStep("tools", { state: "running", words: "1 of 9" });
    for (clock.now = 0; clock.now <= 60_000; clock.now += 1000) screen.showStep(step, [step]);
    step.state = "done";
    screen.showStep(step, [step]);
    expect(writes.join("")).not.toContain(ESCAPE);
    expect(writes.map((line) => line.slice(0, 9))).toEqual(["  > tools", "  > tools", "  + tools"]);
  });
});
