import { expect, test } from "vitest";
import { createRedactor } from "../../../../task-image/redaction.ts";
import { encodeResult } from "../../../../task-image/result.ts";

const resultOf = (message: string) =>
  JSON.parse(
    encodeResult(
      {
        version: 1,
        run: "r",
        node: "n",
        attempt: 1,
        outcome: "failed",
        message,
        error: { kind: "data", code: "22P02", message },
      },
      createRedactor(),
    ),
  );

test.each([
  ["terminal escapes", "table \u001b[2Jfilms\u001b]0;owned\u0007", "table [2Jfilms]0;owned"],
  ["zero bytes", "a\u0000b", "ab"],
  ["line ends, which become spaces", "a\r\nb\nc\u2028d", "a b c d"],
  ["marks that turn the direction of writing", "file \u202egnp.exe\u202c\u2066x", "file gnp.exex"],
  ["nothing of what words are made of", "Größe 😀 کتاب‌ها", "Größe 😀 کتاب‌ها"],
])("messages of results lose %s", (_, message, printed) => {
  const result = resultOf(message);
  expect([result.message, result.error.message]).toEqual([printed, printed]);
});
