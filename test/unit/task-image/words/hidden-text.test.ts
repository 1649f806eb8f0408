import fc from "fast-check";
import { expect, test } from "vitest";
import { DataError, foreignCode } from "../../../../task-image/errors.ts";
import { createLog } from "../../../../task-image/log.ts";
import { createRedactor } from "../../../../task-image/redaction.ts";
import { encodeResult, failedResult, UNKNOWN_SPEAKER } from "../../../../task-image/result.ts";
import { describeCause } from "../../../../task-image/words/failure-cause.ts";
import { hidden, publicText, wholeText } from "../../../../task-image/words/hidden-text.ts";

const MARKER = "ada@example.com";
const message = `loading raw.films: column email${hidden(`: "${MARKER}"`)} does not fit${hidden(MARKER, " its type")}`;

test("a failure's message leaves out what is hidden, its detail has it", () => {
  const failure = new DataError(foreignCode("22P02"), message);
  expect(failure.message).toBe("loading raw.films: column email does not fit its type");
  expect(failure.detail).toBe(`loading raw.films: column email: "${MARKER}" does not fit${MARKER}`);
});

test("a message that another one quotes stays hidden", () => {
  const outer = new DataError("BadKey", `check: ${hidden(message, message)}`);
  expect(outer.message).toBe("check: loading raw.films: column email does not fit its type");
});

test("no result has it, wherever it stands", () => {
  const result = { ...failedResult(UNKNOWN_SPEAKER, new DataError("BadKey", message)), message };
  expect(encodeResult(result, createRedactor())).not.toContain(MARKER);
});

test.each([
  [false, "does not fit its type"],
  [true, `"${MARKER}" does not fit`],
])("a log has it when values are allowed: %s", (values, expected) => {
  const lines: string[] = [];
  const write = (line: string) => void lines.push(line);
  const log = createLog({ write, now: () => 0, redactor: createRedactor(), values, identity: {} });
  log.error(message, { deep: [{ message }] });
  expect(lines.join("").includes(MARKER)).toBe(values);
  expect(JSON.parse(lines.join("")).msg).toContain(expected);
});

test("of the error behind a failure the log says where it was made, and not what it quotes", () => {
  const cause = new RangeError(`bad value\n    at ${MARKER} of row 3`);
  const { stack = "" } = describeCause(cause);
  expect(publicText(stack)).toMatch(/^RangeError\n\s+at .*hidden-text\.test\.ts/);
  expect(publicText(stack)).not.toContain(MARKER);
  expect(wholeText(stack)).toContain(MARKER);
});

test("nothing hidden is shown, however texts are nested, joined and cut", () => {
  const value = fc.string({ unit: fc.constantFrom("\u{FDD0}", "\u{FDD1}", "\u{FDD2}", "§", "a") });
  fc.assert(
    fc.property(value, value, fc.nat(60), (one, two, length) => {
      const joined = `a ${hidden(hidden(`§${one}`, "b"), "c")} d ${hidden(`§${two}`)} e`;
      expect(publicText(joined)).toBe("a c d  e");
      expect(publicText(joined.slice(0, length))).not.toContain("§");
      expect(wholeText(joined)).toContain("§");
    }),
  );
});
