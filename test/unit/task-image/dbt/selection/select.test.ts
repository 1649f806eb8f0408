import { describe, expect, test } from "vitest";
import type { Manifest } from "../../../../../task-image/dbt/manifest/node.ts";
import { type IndirectSelection, SelectionError } from "../../../../../task-image/dbt/selection/criterion.ts";
import type { SelectionFacts } from "../../../../../task-image/dbt/selection/methods.ts";
import { select } from "../../../../../task-image/dbt/selection/select.ts";
import { readSelection } from "../../../../../task-image/dbt/selection/selection.ts";
import { readSelectors } from "../../../../../task-image/dbt/selection/selectors-file.ts";
import { formatProblem, ProblemError } from "../../../../../task-image/jinja/problem.ts";
import { globalScope } from "../../../jinja/global-scope.ts";
import { problemsOf, readProject } from "../read-project.ts";

/**
 * raw.films → stg_films → films → report → exposure board, with a seed codes → films, a package tool with a model t, an empty model,
 * two versions of a model, tests on films, on films and codes, on stg_films and on the source, and a unit test of films.
 */
const FILES = {
  "dbt_project.yml": "name: shop\nseeds: {+tags: [static]}",
  "models/staging/stg_films.sql": "select * from {{ source('raw', 'films') }}",
  "models/marts/films.sql":
    "{{ config(materialized='table', tags=['daily', 'core'], group='people') }} {{ ref('stg_films') }} {{ ref('codes') }}",
  "models/marts/report.sql":
    "{{ config(tags='daily', meta={'owner': 'me', 'tier': 1}, access='public') }} select * from {{ ref('films') }}",
  "models/empty.sql": "",
  "models/old/v_v1.sql": "select 1",
  "models/old/v_v2.sql": "select 2",
  "seeds/codes.csv": "id\n1",
  "tests/sums.sql": "select * from {{ ref('films') }} join {{ ref('codes') }}",
  "analyses/look.sql": "select * from {{ ref('report') }}",
  "models/schema.yml": `
groups: [{name: people, owner: {name: me}}]
sources: [{name: raw, tables: [{name: films, columns: [{name: id, tests: [not_null]}]}, {name: other}]}]
models:
  - {name: films, columns: [{name: id, tests: [unique: {config: {severity: WARN, tags: nightly}}]}]}
  - {name: stg_films, columns: [{name: id, tests: [not_null]}]}
  - {name: v, latest_version: 2, versions: [{v: 1}, {v: 2}]}
seeds: [{name: codes, columns: [{name: id, tests: [{relationships: {to: ref('films'), field: id}}]}]}]
exposures: [{name: board, type: dashboard, owner: {name: me}, depends_on: [ref('report')]}]
unit_tests: [{name: adds, model: films, given: [], expect: {rows: []}}]
`,
  "dbt_packages/tool/dbt_project.yml": "name: tool",
  "dbt_packages/tool/models/t.sql": "select 1",
};
const SELECTORS = `
selectors:
  - name: nightly
    default: "{{ target.name == 'dev' }}"
    definition: {intersection: ['tag:daily', 'config.materialized:table']}
  - name: pieces
    definition:
      union:
        - method: fqn
          value: marts.films
          parents: true
          parents_depth: 1
          indirect_selection: empty
        - tag: static
        - exclude: [stg_films]
  - name: both
    definition: {intersection: [{method: selector, value: nightly}, films]}
  - name: less
    definition: {method: tag, value: daily, exclude: [report, 'unit_test:*', 'resource_type:test']}
`;

const PROJECT = readProject(FILES);
const scope = globalScope([]);
const { find } = readSelectors("selectors.yml", SELECTORS.replace(/.*default:.*\n/, ""), scope);

function selected(
  words: string,
  {
    exclude = "",
    indirect = "eager",
    facts = {},
  }: { exclude?: string; indirect?: IndirectSelection; facts?: Partial<SelectionFacts> } = {},
): string[] {
  const list = (text: string) => (text === "" ? [] : [text]);
  const selection = readSelection(list(words), list(exclude), indirect);
  return shown(select(selection, { manifest: PROJECT.manifest, selectors: find, ...facts }), PROJECT.manifest);
}

/** Names, with the type where it is no model. */
function shown(ids: ReadonlySet<string>, { nodes }: Manifest): string[] {
  return [...ids]
    .map((id) => {
      const node = nodes.get(id);
      if (node === undefined) return id.replace(/^(\w+)\.shop\./, "$1 ");
      if (node.resource_type !== "model") return `${node.resource_type} ${node.name}`;
      return node.version === null ? node.name : `${node.name}.v${node.version}`;
    })
    .sort();
}

const NODES_ALONE = { indirect: "empty" } as const;

test("the project of these tests has no problem", () => {
  expect(problemsOf(PROJECT)).toEqual([]);
});

test("without a word everything is selected, but for what has no SQL", () => {
  expect(selected("")).toEqual([
    "analysis look",
    "exposure board",
    "films",
    "report",
    "seed codes",
    "source raw.films",
    "source raw.other",
    "stg_films",
    "t",
    "test not_null_stg_films_id",
    "test relationships_codes_id__id__ref_films_",
    "test source_not_null_raw_films_id",
    "test sums",
    "test unique_films_id",
    "unit_test films.adds",
    "v.v1",
    "v.v2",
  ]);
});

describe("methods", () => {
  test.each([
    ["films", ["films", "unit_test films.adds"]],
    ["board", ["exposure board"]],
    ["shop.marts.films", ["films"]],
    ["marts.films", ["films"]],
    ["marts", ["films", "report"]],
    ["shop.marts", ["films", "report"]],
    ["fqn:staging.*", ["stg_films", "test not_null_stg_films_id"].slice(0, 1)],
    ["*.stg_*", ["stg_films"]],
    ["stg_*", ["stg_films"]],
    ["v*", ["v.v1", "v.v2"]],
    ["marts.f*", ["films"]],
    ["v", ["v.v1", "v.v2"]],
    ["v.v1", ["v.v1"]],
    ["v_v2", ["v.v2"]],
    ["fil", []],
    ["models/marts", ["films", "report"]],
    ["models/marts/films.sql", ["films"]],
    ["path:models/*/stg_films.sql", ["stg_films"]],
    ["path:seeds", ["seed codes"]],
    ["films.sql", ["films"]],
    ["file:films", ["films"]],
    ["tag:daily", ["films", "report"]],
    ["tag:da*", ["films", "report"]],
    ["tag:static", ["seed codes"]],
    ["config.materialized:table", ["films"]],
    ["config.materialized:seed", ["seed codes"]],
    ["config.meta.owner:me", ["report"]],
    ["config.tags:core", ["films"]],
    ["config.severity:warn", ["test unique_films_id"]],
    ["config.nothing:x", []],
    ["source:raw", ["source raw.films", "source raw.other"]],
    ["source:raw.films", ["source raw.films"]],
    ["source:shop.raw.o*", ["source raw.other"]],
    ["resource_type:seed", ["seed codes"]],
    ["resource_type:analysis", ["analysis look"]],
    ["resource_type:exposure", ["exposure board"]],
    ["package:tool", ["t"]],
    ["package:this,resource_type:model", ["films", "report", "stg_films", "v.v1", "v.v2"]],
    ["test_type:singular", ["test sums"]],
    ["test_type:generic,test_name:unique", ["test unique_films_id"]],
    ["test_type:unit", ["unit_test films.adds"]],
    ["test_name:not_null", ["test not_null_stg_films_id", "test source_not_null_raw_films_id"]],
    ["exposure:board", ["exposure board"]],
    ["exposure:shop.board", ["exposure board"]],
    ["group:people", ["films", "test unique_films_id"]],
    ["access:public", ["report"]],
    ["version:latest", ["v.v2"]],
    ["version:old", ["v.v1"]],
    ["version:none,models/marts", ["films", "report"]],
    ["unit_test:adds", ["unit_test films.adds"]],
  ])("%s", (words, found) => {
    expect(selected(words, NODES_ALONE)).toEqual(found);
  });
});

describe("the graph around", () => {
  test.each([
    ["+marts.films", ["films", "seed codes", "source raw.films", "stg_films"]],
    ["1+marts.films", ["films", "seed codes", "stg_films"]],
    [
      "stg_films+",
      [
        "analysis look",
        "exposure board",
        "films",
        "report",
        "stg_films",
        "test not_null_stg_films_id",
        "test relationships_codes_id__id__ref_films_",
        "test sums",
        "test unique_films_id",
        "unit_test films.adds",
      ],
    ],
    ["report+1", ["analysis look", "exposure board", "report"]],
    ["1+report+0", ["films", "report"]],
    ["@report", ["analysis look", "exposure board", "films", "report", "seed codes", "source raw.films", "stg_films"]],
    ["+exposure:board", ["exposure board", "films", "report", "seed codes", "source raw.films", "stg_films"]],
    ["source:raw.other+", ["source raw.other"]],
  ])("%s", (words, found) => {
    expect(selected(words, NODES_ALONE)).toEqual(found);
  });
});

describe("words", () => {
  test.each([
    ["films.sql report", "", ["films", "report"]],
    ["tag:daily,tag:core", "", ["films"]],
    ["tag:daily stg_films", "films", ["report", "stg_films"]],
    [
      "",
      "resource_type:test resource_type:source tool",
      [
        "analysis look",
        "exposure board",
        "films",
        "report",
        "seed codes",
        "stg_films",
        "unit_test films.adds",
        "v.v1",
        "v.v2",
      ],
    ],
    ["models/marts", "tag:core,config.materialized:table", ["report"]],
  ])("%j without %j", (words, exclude, found) => {
    expect(selected(words, { exclude, indirect: "empty" })).toEqual(found);
  });
});

describe("tests come along", () => {
  const codes = "test relationships_codes_id__id__ref_films_";
  const own = ["test unique_films_id", "unit_test films.adds"];

  test.each([
    ["eager", "films", ["films", codes, "test sums", ...own]],
    ["cautious", "films", ["films", ...own]],
    ["buildable", "films", ["films", codes, "test sums", ...own]],
    ["empty", "marts.films", ["films"]],
    ["cautious", "films codes", ["films", "seed codes", codes, "test sums", ...own]],
    ["cautious", "stg_films", ["stg_films", "test not_null_stg_films_id"]],
    ["buildable", "codes", ["seed codes"]],
  ] as const)("%s with %s", (indirect, words, found) => {
    expect(selected(words, { indirect })).toEqual([...found].sort());
  });

  test("and are left out with the node that is excluded", () => {
    expect(selected("films codes", { exclude: "films" })).toEqual(["seed codes"]);
  });
});

describe("selectors", () => {
  test.each([
    [
      "nightly",
      [
        "films",
        "test relationships_codes_id__id__ref_films_",
        "test sums",
        "test unique_films_id",
        "unit_test films.adds",
      ],
    ],
    ["pieces", ["films", "seed codes", "test relationships_codes_id__id__ref_films_", "test sums"]],
    [
      "both",
      [
        "films",
        "test relationships_codes_id__id__ref_films_",
        "test sums",
        "test unique_films_id",
        "unit_test films.adds",
      ],
    ],
    ["less", ["films"]],
  ])("%s", (name, found) => {
    expect(selected(`selector:${name}`)).toEqual(found);
  });

  test("may be the default, by a template", () => {
    const read = (name: string) =>
      readSelectors("selectors.yml", SELECTORS.replace("target.name == 'dev'", `'${name}' == 'dev'`), scope).byDefault;
    expect([read("dev")?.kind, read("prod")]).toEqual(["intersection", undefined]);
  });

  test.each([
    ["selectors: [{name: a}]", "selectors.yml:1:13: selector 'a': expected a definition"],
    [
      "selectors:\n  - {name: a, definition: 'tagg:x'}",
      "selectors.yml:2:27: 'tagg:x': there is no method 'tagg'; did you mean 'tag'?",
    ],
    ["selectors:\n  - {name: a, definition: {union: films}}", "selectors.yml:2:35: union: expected a list"],
    [
      "selectors: [{name: a, definition: b}, {name: a, definition: c}]",
      "selectors.yml:1:39: there are two selectors 'a': rename one",
    ],
    [
      "selectors: [{name: a, default: true, definition: b}, {name: c, default: true, definition: d}]",
      "selectors.yml:1:54: two selectors are the default: only one can be",
    ],
    [
      "selectors: [{name: a, definition: {method: tag, value: b, indirect_selection: all}}]",
      "selectors.yml:1:35: indirect_selection: expected one of eager, cautious, buildable, empty",
    ],
  ])("%s is a problem", (text, message) => {
    const reading = () => {
      try {
        readSelectors("selectors.yml", text, scope);
        return "read";
      } catch (error) {
        return error instanceof ProblemError ? formatProblem(error.problem) : String(error);
      }
    };
    expect(reading()).toContain(message);
  });
});

describe("what cannot be meant says so", () => {
  test.each([
    ["tagg:x", "there is no method 'tagg'; did you mean 'tag'?"],
    ["resource_type:modell", "'resource_type:modell': expected one of model, seed, snapshot"],
    ["test_type:x", "expected one of generic, singular, unit, data"],
    ["version:x", "expected one of latest, prerelease, old, none"],
    ["@films+", "'@' goes down and up already, remove the '+' at the end"],
    ["source:a.b.c.d", "expected source, source.table or package.source.table"],
    ["selector:nigthly", "there is no selector 'nigthly' in selectors.yml; did you mean 'nightly'?"],
    ["state:modified", "there is no earlier run to compare with"],
    ["result:error", "there is no earlier run to look at"],
  ])("%s", (words, message) => {
    expect(() => selected(words)).toThrow(SelectionError);
    expect(() => selected(words)).toThrow(message);
  });
});

test("result: finds what ended so", () => {
  const results = new Map([
    ["model.shop.films", "error"],
    ["model.shop.report", "skipped"],
  ]);
  const facts = { results };
  expect(selected("result:error", { indirect: "empty", facts })).toEqual(["films"]);
  expect(selected("result:error+ result:skipped", { indirect: "empty", facts })).toContain("report");
});
