import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { makeSealKey, readSealKey } from "../../../operator/seal-key.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

function fileWith(content: string): string {
  const file = join(temporaryDirectory("seal-key"), "key");
  writeFileSync(file, content);
  return file;
}

test("the key is the file's content without the line break at its end", () => {
  const key = "k".repeat(32);
  expect(readSealKey(fileWith(`${key}\n`))).toEqual(Buffer.from(key));
});

test("a file that is not there is no key", () => {
  expect(readSealKey(`${fileWith("x")}-that-is-not-there`)).toBeUndefined();
});

test("a key that is too short names the variable, the file and both lengths, and not the key", () => {
  const file = fileWith("hunter2");
  expect(() => readSealKey(file)).toThrow(`KELT_SEAL_KEY_FILE: expected 32 bytes or more in ${file}, found 7`);
});

test("a key that a process makes for itself is nobody else's", () => {
  expect(makeSealKey()).toHaveLength(32);
  expect(makeSealKey()).not.toEqual(makeSealKey());
});
