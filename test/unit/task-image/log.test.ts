import { expect, test } from "vitest";
import { createLog } from "../../../task-image/log.ts";
import { createRedactor } from "../../../task-image/redaction.ts";

test("a line has pino's shape, the task's identity and no secret at any depth", () => {
  const lines: string[] = [];
  const redactor = createRedactor();
  redactor.add('can"ary');
  const identity = { run: "run-1", node: "raw", attempt: 1 };
  const log = createLog({ write: (line) => void lines.push(line), now: () => 12, redactor, identity });
  log.warn('seen can"ary', { rows: 3, deep: { list: ['a can"ary b'] } });
  expect(lines).toEqual([
    `{"level":"warn","time":12,"run":"run-1","node":"raw","attempt":1,"rows":3,"deep":{"list":["a [redacted] b"]},"msg":"seen [redacted]"}\n`,
  ]);
});
