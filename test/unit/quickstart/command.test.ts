import { describe, expect, it } from "vitest";
import { attempt, CommandError, pipe, run } from "../../../config/cluster/command.ts";
import type { Report } from "../../../config/cluster/report.ts";

function aReport(signal = new AbortController().signal): { report: Report; lines: string[] } {
  const lines: string[] = [];
  return { lines, report: { signal, progress: () => {}, log: (line) => lines.push(line) } };
}

describe("run", () => {
  it("returns what a program writes and logs the command with both outputs", async () => {
    const { report, lines } = aReport();
    expect(await run(report, "sh", ["-c", "echo out; echo err >&2"])).toBe("out");
    expect(lines).toEqual(expect.arrayContaining(["$ sh -c echo out; echo err >&2", "out", "err"]));
  });

  it("fails with the command, its code and the last lines it wrote", async () => {
    const failing = run(aReport().report, "sh", ["-c", "echo bad news >&2; exit 3"]);
    await expect(failing).rejects.toThrow(/ended with code 3: bad news/);
    await expect(failing).rejects.toBeInstanceOf(CommandError);
  });

  it("hands standard input to the program", async () => {
    expect(await run(aReport().report, "cat", [], { input: "one\ntwo" })).toBe("one\ntwo");
  });

  it("keeps a quiet program's output out of the log and shows it to the caller line by line", async () => {
    const { report, lines } = aReport();
    const seen: string[] = [];
    await run(report, "sh", ["-c", "echo a; echo b"], { quiet: true, onOutput: (line) => seen.push(line) });
    expect(seen).toEqual(["a", "b"]);
    expect(lines).toHaveLength(1);
  });
});

describe("attempt", () => {
  it("answers 127 for a program that does not exist", async () => {
    expect((await attempt(aReport().report, "kelt-no-such-program", [])).code).toBe(127);
  });

  it("stops a program, and what that has started, when it is called off", async () => {
    const user = new AbortController();
    const { report } = aReport(user.signal);
    let child = 0;
    const onOutput = (line: string) => {
      child = Number(line);
      user.abort(new Error("stopped"));
    };
    await expect(attempt(report, "sh", ["-c", "sleep 600 & echo $!; wait"], { onOutput })).rejects.toThrow("stopped");
    await expect.poll(() => isRunning(child), { timeout: 10_000 }).toBe(false);
  });

  it("stops a program at its time limit", async () => {
    expect((await attempt(aReport().report, "sleep", ["600"], { timeout: 50 })).code).toBe(143);
  });
});

describe("pipe", () => {
  it("hands one program's output to another", async () => {
    const { report, lines } = aReport();
    await pipe(report, ["printf", "b\\na\\n"], ["sort"]);
    expect(lines.slice(-2)).toEqual(["a", "b"]);
  });

  it("fails when either of them does", async () => {
    const { report } = aReport();
    await expect(pipe(report, ["sh", "-c", "echo x; exit 4"], ["cat"])).rejects.toThrow("ended with code 4");
    await expect(pipe(report, ["yes"], ["sh", "-c", "exit 5"])).rejects.toThrow("ended with code 5");
  });
});

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
