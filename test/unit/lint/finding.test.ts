import { expect, test } from "vitest";
import { type Finding, formatFindings } from "../../../config/tools/lint/finding.ts";

const finding: Finding = {
  file: "a,b:c.yaml",
  line: 3,
  column: 7,
  rule: "InvalidSpec",
  path: "spec.timeout",
  message: "100 % wrong\nin two lines",
};

test("text is what editors and people follow to the place", () => {
  expect(formatFindings([finding, { ...finding, path: "", message: "no YAML" }], "text")).toBe(
    "a,b:c.yaml:3:7 InvalidSpec spec.timeout: 100 % wrong\nin two lines\na,b:c.yaml:3:7 InvalidSpec no YAML\n",
  );
});

test("JSON is one array, also of nothing", () => {
  expect(JSON.parse(formatFindings([finding], "json"))).toEqual([finding]);
  expect(JSON.parse(formatFindings([], "json"))).toEqual([]);
});

test("a GitHub annotation is one line, whatever the message and the file's name hold", () => {
  expect(formatFindings([finding], "github")).toBe(
    "::error file=a%2Cb%3Ac.yaml,line=3,col=7,title=InvalidSpec::spec.timeout: 100 %25 wrong%0Ain two lines\n",
  );
});
