import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { expressionProblems, resolveText, resolveWhole } from "../../../operator/expressions/expression.ts";
import { resolveNode, resolveSpec } from "../../../operator/expressions/resolve-node.ts";

const RUN = {
  scheduled: "2026-12-01T05:00:00.000Z",
  interval: { start: "2026-11-30T23:00:00.000Z", end: "2026-12-01T23:00:00.000Z" },
  timeZone: "Europe/Berlin",
};

describe("an expression stands for", () => {
  test.each([
    ["$(run.scheduled)", "2026-12-01T05:00:00Z"],
    ["$(run.interval.start)/$(run.interval.end)", "2026-11-30T23:00:00Z/2026-12-01T23:00:00Z"],
    ["raw/$(run.interval.start:%Y/%m/%d)/$(run.scheduled:%H%M%S).csv", "raw/2026/12/01/060000.csv"],
    [
      "$(run.interval.start:%F %T%z day %j of %y, %s, 100%%)",
      "2026-12-01 00:00:00+0100 day 335 of 26, 1796079600, 100%",
    ],
    [
      "$$(run.scheduled) and $(date) and $( run.scheduled ) and $run",
      "$(run.scheduled) and $(date) and $( run.scheduled ) and $run",
    ],
  ])("%s: %s", (text, value) => {
    expect(expressionProblems(text, {})).toEqual([]);
    expect(resolveText(text, RUN)).toBe(value);
  });

  test("a moment in UTC by default, with what it has beyond the second", () => {
    const run = { scheduled: "2026-12-01T05:00:00.250Z" };
    expect(resolveText("$(run.scheduled) $(run.scheduled:%H)", run)).toBe("2026-12-01T05:00:00.250Z 05");
  });

  test("itself while a run has no such value", () => {
    expect(resolveText("$(run.interval.start)", { scheduled: RUN.scheduled })).toBe("$(run.interval.start)");
  });
});

test.each([
  ["$(run.sheduled)", "$(run.sheduled) stands for nothing; did you mean $(run.scheduled)?"],
  ["$(params.day)", "$(params.day) stands for nothing; there are run.scheduled, run.interval.start, run.interval.end"],
  ["$(run.constructor)", "stands for nothing"],
  [
    "$(run.scheduled:%Q)",
    "$(run.scheduled:%Q): a format knows %Y, %y, %m, %d, %j, %H, %M, %S, %F, %T, %s, %z, %%, found %Q",
  ],
  ["$(run.scheduled:%Y-%)", "found %"],
  ["$(run.scheduled:)", "a format follows the colon"],
])("%s is refused: %s", (text, message) => {
  expect(expressionProblems(text, {})).toEqual([expect.stringContaining(message)]);
});

test("a node has its values in every place that takes some, and so has the node whose files it loads; others stay as they are", () => {
  const day = "$(run.scheduled:%F)";
  const spec = PipelineSpec.parse({
    connections: {
      api: { http: { baseUrl: "https://api.example" } },
      lake: { s3: { bucket: "lake", secretRef: "s" } },
      w: { postgres: { secretRef: "w" } },
    },
    nodes: {
      get: {
        extract: {
          from: { connection: "api", http: { path: `/days/${day}`, query: [{ name: day, value: day }] } },
          to: { connection: "lake", key: `raw/${day}.json` },
        },
      },
      put: {
        load: {
          from: { connection: "lake", node: "get" },
          to: { connection: "w", schema: "raw", table: "days" },
          mode: "deleteInsert",
          range: { column: "day", from: "$(run.interval.start)", to: "$(run.interval.end)" },
        },
      },
      model: {
        transform: { connection: "w", schema: "a", project: { configMap: "m" }, vars: { day, deep: [{ day }] } },
      },
      program: { container: { env: { DAY: day }, args: ["$(date)"] } },
    },
  });
  const put = resolveNode(spec, "put", RUN).nodes;
  expect(put.get?.extract).toMatchObject({
    from: { http: { path: "/days/2026-12-01", query: [{ name: day, value: "2026-12-01" }] } },
    to: { key: "raw/2026-12-01.json" },
  });
  expect(put.put?.load?.range).toMatchObject({ from: "2026-11-30T23:00:00Z", to: "2026-12-01T23:00:00Z" });
  expect(put.model).toBe(spec.nodes.model);
  const vars = { day: "2026-12-01", deep: [{ day: "2026-12-01" }] };
  expect(resolveNode(spec, "model", RUN).nodes.model?.transform?.vars).toEqual(vars);
  const container = resolveNode(spec, "program", RUN).nodes.program?.container;
  expect(container).toEqual({ env: { DAY: "2026-12-01" }, args: ["$(date)"] });
  expect(resolveNode(spec, "nobody", RUN)).toBe(spec);
});

const VALUES = {
  ...RUN,
  params: { bucket: "b", limit: 5, full: false, day: "2026-12-01", kinds: ["a", 1], odd: "$(params.bucket) $$(x)" },
  nodes: {
    raw: {
      state: "Succeeded" as const,
      rows: 7,
      tests: { passed: 3, warned: 0, failed: 1, errored: 0 },
      finished: "2026-12-01T05:10:00.000Z",
    },
  },
};

describe("parameters and results stand for", () => {
  test.each([
    ["s3://$(params.bucket)/$(params.day:%Y/%m/%d)", "s3://b/2026/12/01"],
    ["$(params.limit) $(params.full) $(params.kinds)", '5 false ["a",1]'],
    ["<$(params.missing)>", "<>"],
    ["$(params.odd)", "$(params.bucket) $$(x)"],
    [
      "$(nodes.raw.rows) rows, $(nodes.raw.tests.failed) failed, $(nodes.raw.state) at $(nodes.raw.finished:%H:%M)",
      "7 rows, 1 failed, Succeeded at 06:10",
    ],
    [
      "$(nodes.raw.commit) $(nodes.other.rows) $(nodes.raw.constructor)",
      "$(nodes.raw.commit) $(nodes.other.rows) $(nodes.raw.constructor)",
    ],
  ])("%s: %s", (text, value) => {
    expect(resolveText(text, VALUES)).toBe(value);
  });

  test.each([
    ["$(params.limit)", 5],
    ["$(params.full)", false],
    ["$(params.kinds)", ["a", 1]],
    ["$(params.day:%d)", "01"],
    ["$(nodes.raw.rows)", 7],
    ["$(run.scheduled)", "2026-12-01T05:00:00Z"],
    ["$(params.missing)", null],
    ["$(nodes.raw.commit)", undefined],
    ["a $(params.limit)", undefined],
    ["$$(params.limit)", undefined],
  ])("%s alone, with its type: %o", (text, value) => {
    expect(resolveWhole(text, VALUES)).toEqual(value);
  });
});

test("values stand in names, variables, arguments and connections with their types; lists become entries, and what is missing goes", () => {
  const spec = PipelineSpec.parse({
    connections: {
      lake: { s3: { bucket: "$(params.bucket)-lake", secretRef: "s" } },
      api: { http: { baseUrl: "https://$(params.bucket).example" } },
      w: { postgres: { secretRef: "w", database: "$(params.bucket)" } },
    },
    nodes: {
      raw: {
        load: {
          from: { connection: "w", tables: ["$(params.bucket).films"] },
          to: { connection: "w", schema: "s_$(params.bucket)" },
        },
      },
      model: {
        transform: {
          connection: "w",
          schema: "a",
          project: { configMap: "m" },
          vars: {
            limit: "$(params.limit)",
            kinds: "$(params.kinds)",
            more: ["x", "$(params.kinds)"],
            gone: "$(params.missing)",
            text: "n=$(params.limit)",
          },
        },
      },
      check: {
        test: {
          connection: "w",
          checks: [{ table: "t", acceptedValues: { column: "c", values: ["$(params.kinds)", "z"] } }],
        },
      },
      program: {
        container: {
          env: { EMPTY: "$(params.missing)" },
          args: ["-n", "$(params.limit)", "$(params.kinds)", "$(params.missing)", "$$(x)"],
        },
      },
    },
  });
  const { connections, nodes } = resolveSpec(spec, VALUES);
  expect(connections).toMatchObject({
    lake: { s3: { bucket: "b-lake" } },
    api: { http: { baseUrl: "https://b.example" } },
    w: { postgres: { database: "b" } },
  });
  expect(nodes.raw?.load).toMatchObject({ from: { tables: ["b.films"] }, to: { schema: "s_b" } });
  expect(nodes.model?.transform?.vars).toEqual({ limit: 5, kinds: ["a", 1], more: ["x", "a", 1], text: "n=5" });
  expect(nodes.check?.test?.checks[0]?.acceptedValues?.values).toEqual(["a", "1", "z"]);
  expect(nodes.program?.container).toEqual({ env: { EMPTY: "" }, args: ["-n", "5", "a", "1", "$$(x)"] });
});

test("a program whose only argument is missing gets none, and its pipeline is valid", () => {
  const spec = { nodes: { program: { container: { args: ["$(params.missing)"] } } } };
  const resolved = resolveSpec(PipelineSpec.parse(spec), VALUES);
  expect(resolved.nodes.program?.container).toEqual({ args: [] });
  expect(PipelineSpec.safeParse(resolved).success).toBe(true);
});
