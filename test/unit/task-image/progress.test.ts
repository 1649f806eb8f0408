import { expect, test } from "vitest";
import { createProgressReporter } from "../../../task-image/progress.ts";
import { createRedactor } from "../../../task-image/redaction.ts";

test("at most one line a second is printed, the first one at once", () => {
  const lines: string[] = [];
  let now = 0;
  const identity = { run: "0f2b", node: "raw", attempt: 1 };
  const redactor = createRedactor();
  redactor.add("secret-table");
  const progress = createProgressReporter({
    write: (line) => void lines.push(line),
    now: () => now,
    redactor,
    identity,
  });
  for (; now < 2500; now += 100) progress.report({ item: "raw.films", bytes: now, done: 0, total: 2 });
  expect(lines.map((line) => JSON.parse(line).bytes)).toEqual([0, 1000, 2000]);
  now = 9000;
  progress.report({ item: "raw.secret-table", done: 1, total: 2 });
  expect(lines.at(-1)).toBe(
    `{"kelt":"progress","run":"0f2b","node":"raw","attempt":1,"item":"raw.[redacted]","done":1,"total":2}\n`,
  );
});
