import { describe, expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

const connections = {
  w: { postgres: { secretRef: "w" } },
  lake: { s3: { bucket: "$(params.bucket)", secretRef: "s" } },
};
const nodes = { a: { container: { command: ["/bin/true"] } } };

function problems(spec: object): readonly string[] {
  const validation = validatePipeline({ nodes, ...spec });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

test("parameters of every type are declared in a line each", () => {
  const params = {
    bucket: { default: "netflix" },
    limit: { type: "integer", default: 5, min: 1, max: 10 },
    share: { type: "number", default: "0.5" },
    full: { type: "boolean", default: false },
    day: { type: "date", default: "$(run.interval.start:%F)", min: "2026-01-01" },
    kinds: { type: "list", default: ["movie", "show"], enum: ["movie", "show"] },
  };
  expect(problems({ params })).toEqual([]);
});

describe("a declaration is refused", () => {
  test.each([
    [
      "a name with a dash",
      { "start-day": {} },
      "spec.params[start-day]: expected a name in letters, digits and underscores",
    ],
    [
      "a default of another type",
      { n: { type: "integer", default: "x" } },
      "spec.params[n].default: expected a whole number",
    ],
    [
      "a default that is no choice",
      { n: { enum: ["a"], default: "b" } },
      'spec.params[n].default: expected one of "a", found "b"',
    ],
    ["a choice of another type", { n: { type: "date", enum: ["x"] } }, "spec.params[n].enum[0]: expected a day"],
    ["a pattern that is none", { n: { pattern: "(" } }, "spec.params[n].pattern: expected a regular expression of RE2"],
    [
      "a pattern of a number",
      { n: { type: "integer", pattern: "1" } },
      "spec.params[n]: pattern is for the types string and list",
    ],
    ["bounds of a text", { n: { min: 1 } }, "spec.params[n]: min and max are for the types integer, number and date"],
    [
      "a number as the bound of a day",
      { n: { type: "date", min: 1 } },
      "spec.params[n].min: expected a day such as 2026-12-01",
    ],
    [
      "a day as the bound of a number",
      { n: { type: "integer", max: "2026-12-01" } },
      "spec.params[n].max: expected a number",
    ],
    [
      "bounds without anything between",
      { n: { type: "integer", min: 3, max: 2 } },
      "spec.params[n].min: expected at most max, which is 2, found 3",
    ],
    [
      "another parameter in a default",
      { a: {}, n: { default: "$(params.a)" } },
      "spec.params[n].default: $(params.a) stands for nothing",
    ],
    [
      "a map as a default",
      { n: { default: { a: 1 } } },
      "spec.params[n].default: expected a text, a number, true or false, or a list of these",
    ],
    [
      "a secret as a default",
      { n: { default: "postgres://a:b@c/d" } },
      "spec.params[n].default: this looks like a URL with a password",
    ],
    ["a misspelt type", { n: { type: "int" } }, "spec.params[n].type: expected one of string, integer"],
  ])("%s", (_, params, message) => {
    expect(problems({ params })).toEqual([expect.stringContaining(message)]);
  });
});

const schedule = { cron: "@daily" };

test("the runs of a schedule have what it sets, with their times", () => {
  const params = { day: { type: "date" }, region: { enum: ["eu", "us"] } };
  const said = { day: "$(run.interval.start:%F)", region: "eu" };
  expect(problems({ params, schedule: { ...schedule, params: said } })).toEqual([]);
});

describe("a schedule is refused", () => {
  const params = { day: { type: "date" }, limit: { type: "integer", default: 1 } };
  test.each([
    [undefined, "spec.schedule.params[day]: a value is missing: set one of type date, or give the parameter a default"],
    [{ day: "2026-12-01", dya: "x" }, "spec.schedule.params[dya]: no parameter is called dya; did you mean day?"],
    [
      { day: "$(run.scheduled)" },
      'spec.schedule.params[day]: expected a day such as 2026-12-01, found "2026-12-01T06:00:00Z"',
    ],
    [{ day: "$(run.shceduled:%F)" }, "did you mean $(run.scheduled)?"],
    [{ day: "2026-12-01", limit: "many" }, "spec.schedule.params[limit]: expected a whole number"],
  ])("with %o", (said, message) => {
    const spec = { params, schedule: { ...schedule, ...(said === undefined ? {} : { params: said }) } };
    expect(problems(spec)).toEqual([expect.stringContaining(message)]);
  });
});

describe("values are held to the places where they stand", () => {
  const load = (to: object, more: object = {}) => ({
    raw: {
      load: { from: { connection: "w", tables: ["films"] }, to: { connection: "w", schema: "raw", ...to }, ...more },
    },
  });
  test.each([
    [
      "a bucket by its rules",
      { params: { bucket: { default: "Not_A_Bucket" } } },
      "spec.connections[lake].s3.bucket: expected a bucket's name",
    ],
    [
      "a schema as a part of a name",
      {
        params: { bucket: { default: "b" }, s: { default: 'raw"; drop table x; --' } },
        nodes: load({ schema: "$(params.s)" }),
      },
      'spec.nodes[raw].load.to.schema: $(params.s) is "raw\\"; drop table x; --" here, and a part of a name has letters, digits, _ and - alone',
    ],
    [
      "a table without a schema of its own",
      {
        params: { bucket: { default: "b" }, t: { default: "other.films" } },
        nodes: {
          raw: {
            load: { from: { connection: "w", tables: ["raw.$(params.t)"] }, to: { connection: "w", schema: "raw" } },
          },
        },
      },
      "spec.nodes[raw].load.from.tables[0]: $(params.t) is",
    ],
    [
      "a key without a step up",
      {
        params: { bucket: { default: "b" }, p: { default: "../other" } },
        nodes: {
          raw: {
            extract: {
              from: { connection: "w", tables: ["films"] },
              to: { connection: "lake", prefix: "raw/$(params.p)/" },
            },
          },
        },
      },
      "a part of a key, a file's name or a path has no step ..",
    ],
    [
      "a range as a bound",
      {
        params: { bucket: { default: "b" }, from: { default: "soon" } },
        nodes: load({}, { mode: "deleteInsert", range: { column: "day", from: "$(params.from)" } }),
      },
      "spec.nodes[raw].load.range.from: expected a number, a date",
    ],
    [
      "an argument as no option",
      {
        params: { bucket: { default: "b" }, flag: { default: "--delete" } },
        nodes: { a: { container: { command: ["/bin/rows"], args: ["$(params.flag)"] } } },
      },
      "an argument that begins with - could be an option",
    ],
  ])("%s", (_, spec, message) => {
    expect(problems({ connections, ...spec })).toContainEqual(expect.stringContaining(message));
  });

  test("a parameter without a default is looked at when a run says it", () => {
    expect(problems({ connections, params: { bucket: {} } })).toEqual([]);
  });

  test("of a parameter with choices the first one is tried", () => {
    const params = { bucket: { enum: ["NO", "yes"] } };
    expect(problems({ connections, params })).toEqual([expect.stringContaining("expected a bucket's name")]);
  });
});

describe("credentials go where the Pipeline's author says", () => {
  const api = (more: object) => ({ api: { http: { baseUrl: "$(params.url)", ...more } } });
  const secret = { auth: { bearer: {} }, secretRef: "api" };
  test("a URL is a parameter where no Secret goes there", () => {
    expect(problems({ connections: api({}), params: { url: { default: "https://api.example/v1" } } })).toEqual([]);
  });
  test("a URL that a Secret goes to is a parameter with choices", () => {
    const params = {
      url: { default: "https://api.example/v1", enum: ["https://api.example/v1", "https://test.example"] },
    };
    expect(problems({ connections: api(secret), params })).toEqual([]);
  });
  test("a path behind the host is a parameter like others", () => {
    const at = { api: { http: { ...secret, baseUrl: "https://api.example/$(params.url)" } } };
    expect(problems({ connections: at, params: { url: { default: "v1" } } })).toEqual([]);
  });
  test("no run sends a Secret to a host of its choice", () => {
    const params = { url: { default: "https://api.example/v1" } };
    expect(problems({ connections: api(secret), params })).toEqual([
      expect.stringContaining(
        "spec.connections[api].http.baseUrl: $(params.url) says where the credentials of secretRef go",
      ),
    ]);
  });
});
