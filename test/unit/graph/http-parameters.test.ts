import { expect, test } from "vitest";
import { formatProblem } from "../../../operator/graph/problem.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";

function problems(http: object, more: object = {}): readonly string[] {
  const from = { connection: "api", http };
  const load = { from, to: { connection: "w", schema: "raw", table: "posts" }, ...more };
  const validation = validatePipeline({
    connections: {
      w: { postgres: {} },
      api: { http: { baseUrl: "https://a.example" } },
      lake: { s3: { bucket: "lake" } },
    },
    nodes: {
      a: { load },
      b: {
        extract: {
          from: { connection: "api", http: { query: [{ name: "q", value: "1" }] } },
          to: { connection: "lake", key: "k" },
        },
      },
    },
  });
  return validation.ok ? [] : validation.problems.map(formatProblem);
}

const query = (...names: readonly string[]) => names.map((name) => ({ name, value: "1" }));
const page = { param: "page", sizeParam: "per_page", size: 10 };
const merge = { mode: "merge", key: ["id"] };

test.each<[string, object, object, string]>([
  [
    "the number of the page",
    { query: query("q", "page"), paging: { page: { param: "page" } } },
    {},
    "query[1].name: paging.page.param sets the parameter page in every request, so that this value is never sent",
  ],
  [
    "the size of the page",
    { query: query("per_page"), paging: { page } },
    {},
    "query[0].name: paging.page.sizeParam sets the parameter per_page",
  ],
  [
    "the limit",
    { query: query("limit"), paging: { offset: { param: "skip", limitParam: "limit", limit: 5 } } },
    {},
    "query[0].name: paging.offset.limitParam sets the parameter limit",
  ],
  [
    "where an increment begins",
    { query: query("since"), incremental: { parameter: "since", field: "at", start: "2024" } },
    merge,
    "query[0].name: incremental.parameter sets the parameter since",
  ],
  [
    "a member of the body",
    {
      method: "POST",
      body: '{"skip": 9, "q": "x"}',
      paging: { place: "body", offset: { param: "skip", limitParam: "n", limit: 5 } },
    },
    {},
    "body: paging.offset.param sets the parameter skip",
  ],
  [
    "one parameter by two fields",
    { paging: { page: { ...page, sizeParam: "page" } } },
    {},
    "paging.page.sizeParam: paging.page.param sets the parameter page too",
  ],
])("%s that another field overwrites is named", (_what, http, more, message) => {
  expect(problems(http, more)).toEqual([expect.stringContaining(`spec.nodes[a].load.from.http.${message}`)]);
});

test.each<[string, object, object]>([
  [
    "a cursor of the first page",
    { query: query("cursor"), paging: { cursor: { param: "cursor", field: "next" } } },
    {},
  ],
  [
    "a size without a number",
    { query: query("per_page"), paging: { page: { param: "p", sizeParam: "per_page" } } },
    {},
  ],
  ["a first value of an increment", { query: query("since"), incremental: { parameter: "since", field: "at" } }, merge],
  ["one parameter twice", { query: query("id", "id"), paging: { page } }, {}],
  [
    "a parameter of the query beside one in the body",
    { method: "POST", query: query("page"), paging: { place: "body", page } },
    {},
  ],
  ["a body that is no object", { method: "POST", body: "[1]", paging: { place: "body", page } }, {}],
])("%s is sent", (_what, http, more) => {
  expect(problems(http, more)).toEqual([]);
});
