import { expect, test } from "vitest";
import { createLog } from "../../../operator/telemetry/log.ts";

/** The shape of a service account's token; no real one. */
const TOKEN = `eyJ${"a".repeat(20)}.eyJ${"b".repeat(20)}.${"c".repeat(20)}`;

function logged(write: (log: ReturnType<typeof createLog>) => void, level = "info"): string[] {
  const lines: string[] = [];
  write(createLog(level, { write: (line) => void lines.push(line) }));
  return lines;
}

test("a line is one JSON object with a level in words and the time as RFC 3339", () => {
  const [line = ""] = logged((log) => log.warn({ run: "demo/films-1", node: "raw", attempt: 2 }, "refused"));
  expect(JSON.parse(line)).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    app: "kelt",
    run: "demo/films-1",
    node: "raw",
    attempt: 2,
    msg: "refused",
  });
  expect(line.endsWith("\n")).toBe(true);
});

test("lines below the level are left out", () => {
  expect(logged((log) => log.info("a"), "warn")).toEqual([]);
});

test.each([
  ["a field called password", { password: "hunter2" }],
  ["a field called token", { request: { token: "hunter2" } }],
  ["a header", { headers: { authorization: "hunter2" } }],
  ["a header in capitals", { headers: { Authorization: "hunter2" } }],
  ["a bearer in a message", { reason: "refused: Authorization: Bearer hunter2" }],
  ["a password in a URL", { reason: "cannot reach postgres://me:hunter2@db:5432/films?sslmode=require" }],
])("no secret is written: %s", (_, fields) => {
  const [line = ""] = logged((log) => log.info(fields, "said"));
  expect(line).not.toContain("hunter2");
  expect(JSON.stringify(JSON.parse(line))).toContain("***");
});

test("a service account's token is masked wherever it stands, the message and a stack among it", () => {
  const [line = ""] = logged((log) =>
    log.error({ stack: `Error: ${TOKEN}\n at x`, deep: { a: { b: [TOKEN] } } }, TOKEN),
  );
  expect(line).not.toContain(TOKEN);
  expect(JSON.parse(line)).toMatchObject({ msg: "***", stack: "Error: ***\n at x", deep: { a: { b: ["***"] } } });
});

test("what only resembles a credential stays", () => {
  const text = "https://kelt.example/a:b@c and demo/films-1@sha256:0123 eyJ.x";
  const [line = ""] = logged((log) => log.info(text));
  expect(JSON.parse(line).msg).toBe(text);
});
