import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const connections = { w: { postgres: { secretRef: "w" } }, lake: { s3: { bucket: "lake", secretRef: "s" } } };

function problems(node: object): readonly string[] {
  const validation = validatePipeline({ connections, nodes: { raw: node } });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

const files = (path: string) => ({
  load: { from: { connection: "lake", files: { days: path } }, to: { connection: "w", schema: "raw" } },
});
const range = (from: string) => ({
  load: {
    from: { connection: "w", tables: ["days"] },
    to: { connection: "w", schema: "raw" },
    mode: "deleteInsert",
    range: { column: "day", from },
  },
});

test.each([
  ["files", files("raw/$(run.scheduled:%Y/%m/%d)/*.csv")],
  ["a range", range("$(run.interval.start)")],
  ["the days of a range", range("$(run.interval.start:%F)")],
  ["a shell's own words", { container: { command: ["sh", "-c", "echo $(date) $(jq .run.id x)"] } }],
])("%s take an expression", (_, node) => {
  expect(problems(node)).toEqual([]);
});

test.each([
  [
    "a slip in a name",
    files("raw/$(run.shceduled).csv"),
    "spec.nodes[raw].load.from.files.days: $(run.shceduled) stands for nothing; did you mean $(run.scheduled)?",
  ],
  [
    "a range that is no time",
    range("$(run.interval.start:%d.%m.%Y)"),
    "spec.nodes[raw].load.range.from: expected a number, a date or a time of ISO 8601 for a range",
  ],
  [
    "SQL",
    { test: { connection: "w", checks: [{ sql: "SELECT '$(run.scheduled)'" }] } },
    "spec.nodes[raw].test.checks[0].sql: $(run.scheduled) has no value here, because it would be pasted into a program",
  ],
  [
    "a shell",
    { container: { command: ["sh", "-c", "echo $(run.interval.end)"] } },
    "spec.nodes[raw].container.command[2]: $(run.interval.end) has no value here",
  ],
])("an expression is refused in %s", (_, node, message) => {
  expect(problems(node)).toEqual([expect.stringContaining(message)]);
});
