import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { formatScripts, SCRIPTS } from "../../../config/tools/help.ts";

const { scripts } = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8")) as {
  scripts: Record<string, string>;
};

it("describes every script of package.json and no other", () => {
  expect(Object.keys(SCRIPTS).sort()).toEqual(Object.keys(scripts).sort());
});

it("prints each script in one line, as it is typed", () => {
  const lines = formatScripts(Object.keys(SCRIPTS));
  expect(lines).toHaveLength(Object.keys(SCRIPTS).length);
  expect(lines.find((line) => line.startsWith("npm start "))).toContain(SCRIPTS.start);
  expect(lines.every((line) => !line.includes("\n"))).toBe(true);
});
