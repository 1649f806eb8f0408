import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const connections = { w: { postgres: { secretRef: "w" } }, lake: { s3: { bucket: "lake", secretRef: "s" } } };

const params = {
  day: { type: "date", default: "2026-12-01" },
  bucket: { default: "b" },
  kinds: { type: "list", default: ["a"] },
};

function problems(node: object, others: object = {}): readonly string[] {
  const validation = validatePipeline({ connections, params, nodes: { raw: node, ...others } });
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
  ["a date with a format", files("raw/$(params.day:%Y/%m)/*.csv")],
  ["whole arguments", { container: { args: ["--day", "$(params.day)", "$(params.kinds)"] } }],
  [
    "an argument of a shell's text",
    { container: { command: ["sh", "-c", 'echo "$1"', "sh"], args: ["$(params.day)"] } },
  ],
  [
    "SQL",
    {
      test: {
        connection: "w",
        checks: [{ sql: "SELECT * FROM t WHERE day < $(params.day) AND kind IN $(params.kinds)" }],
      },
    },
  ],
  ["other words beside a program's", { container: { args: ["$(foo.bar) and $(date)"] } }],
  ["variables of any depth", { container: { env: { DAY: "day $(params.day:%j) of $(params.bucket)" } } }],
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
    "a parameter that is not declared",
    files("raw/$(params.dya)/*.csv"),
    "spec.nodes[raw].load.from.files.days: $(params.dya) stands for nothing; did you mean $(params.day)?",
  ],
  [
    "a format of what is no time",
    files("raw/$(params.bucket:%Y)/*.csv"),
    "spec.nodes[raw].load.from.files.days: $(params.bucket:%Y): a format is for times and for dates",
  ],
  [
    "a part of an argument",
    { container: { args: ["--day=$(params.day)"] } },
    "spec.nodes[raw].container.args[0]: $(params.day) is an argument of its own: write nothing beside it",
  ],
  [
    "a program's text",
    { container: { command: ["bash", "-ec"], args: ["$(params.bucket)"] } },
    "spec.nodes[raw].container.args[0]: $(params.bucket) would be the text of a program, as it stands behind -ec",
  ],
  [
    "a variable of the pod",
    { container: {}, pod: { env: [{ name: "A", value: "$(params.bucket)" }] } },
    "$(params.bucket) has no value here",
  ],
  [
    "a string of SQL",
    { test: { connection: "w", checks: [{ sql: "SELECT '$(run.scheduled)'" }] } },
    "spec.nodes[raw].test.checks[0].sql: $(run.scheduled) stands within quotation marks; it becomes a literal with its own quotation marks",
  ],
  [
    "a shell",
    { container: { command: ["sh", "-c", "echo $(run.interval.end)"] } },
    "spec.nodes[raw].container.command[2]: $(run.interval.end) has no value here",
  ],
])("an expression is refused in %s", (_, node, message) => {
  expect(problems(node)).toEqual([expect.stringContaining(message)]);
});

const program = (text: string) => ({ container: { env: { ROWS: text } } });

test("results of other nodes are values, and the node waits for those", () => {
  const validation = validatePipeline({
    nodes: { a: program("1"), b: program("$(nodes.a.rows) of $(nodes.c.state)"), c: program("1") },
  });
  expect(validation).toMatchObject({ ok: true });
  expect(validation.ok ? validation.graph.needs.get("b") : []).toEqual(["a", "c"]);
});

test.each([
  ["$(nodes.row.rows)", "$(nodes.row.rows) stands for nothing; did you mean $(nodes.a.rows)?"],
  ["$(nodes.raw.rows)", "$(nodes.raw.rows) stands for nothing; did you mean $(nodes.a.rows)?"],
  ["$(nodes.a.rwos)", "did you mean $(nodes.a.rows)?"],
  ["$(nodes.a.tests.failde)", "did you mean $(nodes.a.tests.failed)?"],
  ["$(nodes.a.rows:%F)", "a format is for times and for dates"],
  ["$(nodes.a)", "stands for nothing"],
])("a result that there is not is refused: %s", (text, message) => {
  expect(problems(program(text), { a: program("1") })).toEqual([expect.stringContaining(message)]);
});

test("results make no names: a target is known before the run begins", () => {
  expect(problems(files("raw/$(nodes.a.rows).csv"), { a: program("1") })).toEqual([
    expect.stringContaining("$(nodes.a.rows) stands for nothing"),
  ]);
});

test("nodes that name each other's results need each other in a circle", () => {
  const validation = validatePipeline({ nodes: { a: program("$(nodes.b.rows)"), b: program("$(nodes.a.rows)") } });
  expect(validation).toMatchObject({ ok: false, problems: [{ reason: "InvalidGraph" }] });
});
