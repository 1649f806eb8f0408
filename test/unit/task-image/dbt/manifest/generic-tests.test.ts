import { describe, expect, test } from "vitest";
import type { TestNode } from "../../../../../task-image/dbt/manifest/node.ts";
import { nodeOf, problemsOf, readProject } from "../read-project.ts";

const MACROS = `
{% test own(model, column_name, min, max=10) %}{{ config(severity='warn', tags=['own']) }}select{% endtest %}
{% test whole(model, where_clause) %}{{ helper() }}{% endtest %}
{% macro helper() %}{{ ref('other') }}{% endmacro %}
`;

/** The tests of a model \`films\` whose properties are written as a list of lines below it. */
function testsOf(properties: string, more: Readonly<Record<string, string>> = {}): TestNode[] {
  const project = readProject({
    "models/films.sql": "select 1 as id",
    "models/other.sql": "select 1 as id",
    "models/deep/schema.yml": `models:\n  - name: films\n${properties.replaceAll(/^/gm, "    ")}`,
    "macros/tests.sql": MACROS,
    ...more,
  });
  const problems = problemsOf(project);
  if (problems.length > 0) throw new Error(problems.join("\n"));
  return [...project.manifest.nodes.values()].filter((node): node is TestNode => node.resource_type === "test");
}

function onlyTest(properties: string, more: Readonly<Record<string, string>> = {}): TestNode {
  const [found, ...rest] = testsOf(properties, more);
  if (found === undefined || rest.length > 0) throw new Error("expected one test");
  return found;
}

test("a test of a column has dbt's names", () => {
  expect(onlyTest("columns: [{name: id, data_tests: [unique]}]")).toMatchObject({
    unique_id: "test.shop.unique_films_id.d6a5b3f1c0".replace(/[^.]+$/, expectedHash("unique", { column_name: "id" })),
    name: "unique_films_id",
    alias: "unique_films_id",
    path: "unique_films_id.sql",
    original_file_path: "models/deep/schema.yml",
    fqn: ["shop", "deep", "unique_films_id"],
    schema: "public_dbt_test__audit",
    raw_code: "{{ test_unique(**_dbt_generic_test_kwargs) }}",
    column_name: "id",
    attached_node: "model.shop.films",
    file_key_name: "models.films",
    test_metadata: {
      name: "unique",
      namespace: null,
      kwargs: { column_name: "id", model: "{{ get_where_subquery(ref('films')) }}" },
    },
    depends_on: { macros: ["macro.dbt.test_unique"], nodes: ["model.shop.films"] },
    config: { severity: "ERROR", fail_calc: "count(*)", materialized: "test" },
    relation_name: null,
  });
});

/** What dbt's rule makes of a test of the model films, by the digest of Node.js. */
function expectedHash(name: string, kwargs: Readonly<Record<string, string>>): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  const shown = Object.entries(kwargs).map(([key, value]) => `'${key}': '${value}', `);
  const metadata = `{'kwargs': {${shown.join("")}'model': "{{ get_where_subquery(ref('films')) }}"}, 'name': '${name}', 'namespace': 'None'}`;
  return createHash("md5").update(`${name}_films_id${metadata}`).digest("hex").slice(-10);
}

describe("every form in which tests are written", () => {
  test.each([
    ["data_tests of the model", "data_tests: [{unique: {column_name: id}}]", "unique_films_id"],
    ["tests, as they were called", "tests: [{unique: {column_name: id}}]", "unique_films_id"],
    [
      "arguments by name",
      "columns: [{name: id, tests: [{accepted_values: {values: [a, 'b c']}}]}]",
      "accepted_values_films_id__a__b_c",
    ],
    [
      "arguments below 'arguments'",
      "columns: [{name: id, tests: [{accepted_values: {arguments: {values: [1, 2]}}}]}]",
      "accepted_values_films_id__1__2",
    ],
    [
      "test_name",
      "columns: [{name: id, tests: [{test_name: accepted_values, values: [x]}]}]",
      "accepted_values_films_id__x",
    ],
    ["a name of its own", "columns: [{name: id, tests: [{unique: {name: my_test}}]}]", "my_test"],
    [
      "a name beside the arguments",
      "columns:\n  - name: id\n    tests:\n      - unique:\n        name: my_test",
      "my_test",
    ],
    [
      "a value that is a list of lists",
      "tests: [{own: {column_name: id, min: [[1, 2], true]}}]",
      "own_films_id___1_2___True",
    ],
    ["a value that is a map", "tests: [{own: {column_name: id, min: {a: 1.5, b: null}}}]", "own_films_id__1_5__None"],
  ])("%s", (_, properties, name) => {
    expect(onlyTest(properties).name).toBe(name);
  });
});

test("a name of 64 characters and more is cut and hashed", () => {
  const { name, alias, path, config, unique_id } = onlyTest(
    "columns: [{name: id, tests: [{accepted_values: {values: [first_value, second_value, third_value, fourth]}}]}]",
  );
  expect(name).toBe("accepted_values_films_id__first_value__second_value__third_value__fourth");
  expect(alias).toMatch(/^accepted_values_films_id__firs|^accepted_values_films_[0-9a-f]{32}$/);
  expect(alias.length).toBeLessThan(64);
  expect([path, config.alias]).toEqual([`${alias}.sql`, alias]);
  expect(unique_id.startsWith(`test.shop.${name}.`)).toBe(true);
});

describe("settings", () => {
  test.each([
    ["below config", "{unique: {config: {severity: warn, where: 'id > 1', limit: 5}}}"],
    ["beside arguments", "{unique: {severity: warn, where: 'id > 1', limit: 5}}"],
    ["as templates", `{unique: {config: {severity: "{{ 'warn' }}", where: "id > {{ 1 }}", limit: "{{ 2 + 3 }}"}}}`],
  ])("%s", (_, written) => {
    const { config, raw_code } = onlyTest(`columns: [{name: id, tests: [${written}]}]`);
    expect(config).toMatchObject({ severity: "warn", where: "id > 1", limit: 5n });
    expect(raw_code).toBe(
      `{{ test_unique(**_dbt_generic_test_kwargs) }}{{ config(severity="warn",where="id > 1",limit=5) }}`,
    );
  });

  test("of the test's macro, under those that are written", () => {
    expect(onlyTest("tests: [{own: {column_name: id, min: 1}}]")).toMatchObject({
      config: { severity: "warn" },
      tags: ["own"],
    });
    expect(onlyTest("tests: [{own: {column_name: id, min: 1, severity: error}}]").config.severity).toBe("error");
  });

  test("of dbt_project.yml, by the folder of the properties", () => {
    const project = {
      "dbt_project.yml": "name: shop\ndata_tests: {+severity: warn, shop: {deep: {+store_failures: true}}}",
    };
    expect(onlyTest("columns: [{name: id, tests: [unique]}]", project)).toMatchObject({
      config: { severity: "warn", store_failures: true, store_failures_as: "table" },
      relation_name: '"warehouse"."public_dbt_test__audit"."unique_films_id"',
    });
  });

  test("of columns give their tests tags", () => {
    const { tags } = onlyTest(
      "columns: [{name: id, tags: [b], config: {tags: [a]}, tests: [{unique: {config: {tags: c}}}]}]",
    );
    expect(tags).toEqual(["a", "b", "c"]);
  });
});

describe("what a test reads", () => {
  test("are the nodes that its arguments name, then its own", () => {
    const properties = "columns: [{name: id, tests: [{relationships: {to: ref('other'), field: id}}]}]";
    expect(onlyTest(properties)).toMatchObject({
      name: "relationships_films_id__id__ref_other_",
      depends_on: {
        macros: ["macro.dbt.test_relationships", "macro.dbt.get_where_subquery"],
        nodes: ["model.shop.other", "model.shop.films"],
      },
    });
  });

  test("are the nodes that its macros name", () => {
    expect(onlyTest("tests: [{whole: {where_clause: x}}]").depends_on.nodes).toEqual([
      "model.shop.films",
      "model.shop.other",
    ]);
  });

  test("a test that refers to what is not there is left out, with a warning", () => {
    const project = readProject({
      "models/films.sql": "select 1",
      "models/a.yml":
        "models: [{name: films, columns: [{name: id, tests: [{relationships: {to: ref('othre'), field: id}}]}]}]",
      "models/other.sql": "select 1",
    });
    expect(problemsOf(project)).toEqual([]);
    expect(project.warnings.map(({ message }) => message)).toEqual([
      "ref('othre'): there is no model, seed or snapshot 'othre'; did you mean 'other'?",
    ]);
    expect([...project.manifest.disabled.keys()]).toEqual([
      expect.stringMatching(/^test\.shop\.relationships_films_id__id__ref_othre_\./),
    ]);
  });
});

test("a macro in an argument is called when the test runs, and not while the project is read", () => {
  const macros = {
    "macros/late.sql": "{% macro late() %}{{ exceptions.raise_compiler_error('too early') }}{% endmacro %}",
  };
  const found = onlyTest(`tests: [{own: {column_name: id, min: "{{ late() }}"}}]`, macros);
  expect(found.depends_on.macros).toEqual(["macro.shop.test_own", "macro.dbt.get_where_subquery"]);
});

test("the built-in test that a project replaces is the project's", () => {
  const macros = { "tests/generic/unique.sql": "{% test unique(model, column_name) %}{{ ref('other') }}{% endtest %}" };
  const { depends_on } = onlyTest("columns: [{name: id, tests: [unique]}]", macros);
  expect(depends_on).toEqual({
    macros: ["macro.shop.test_unique", "macro.dbt.get_where_subquery"],
    nodes: ["model.shop.films", "model.shop.other"],
  });
});

test("a test of a package has its name before it", () => {
  const found = onlyTest("columns: [{name: id, tests: [{tool.in_range: {min: 1}}]}]", {
    "dbt_packages/tool/dbt_project.yml": "name: tool",
    "dbt_packages/tool/macros/t.sql": "{% test in_range(model, column_name, min) %}{% endtest %}",
  });
  expect(found).toMatchObject({
    name: "tool_in_range_films_id__1",
    raw_code: "{{ tool.test_in_range(**_dbt_generic_test_kwargs) }}",
    test_metadata: { namespace: "tool", name: "in_range" },
  });
});

test("a column that is quoted is so in its tests", () => {
  expect(onlyTest("columns: [{name: Id, quote: true, tests: [unique]}]")).toMatchObject({
    name: "unique_films__Id_",
    column_name: '"Id"',
    test_metadata: { kwargs: { column_name: '"Id"' } },
  });
});

test("a test of a source is named after both", () => {
  const project = readProject({
    "models/s.yml":
      "sources: [{name: raw, tags: [t], tables: [{name: films, columns: [{name: id, tests: [not_null]}]}]}]",
  });
  const [found] = [...project.manifest.nodes.values()];
  expect(found).toMatchObject({
    name: "source_not_null_raw_films_id",
    tags: ["t"],
    sources: [["raw", "films"]],
    depends_on: { nodes: ["source.shop.raw.films"] },
    file_key_name: "sources.raw",
    attached_node: null,
    test_metadata: { kwargs: { model: "{{ get_where_subquery(source('raw', 'films')) }}" } },
  });
});

describe("is a problem with its line", () => {
  test.each([
    ["tests: [{a: 1, b: 2}]", "tests: expected one name of a test, found a, b: is something not indented?"],
    ["tests: [{unique: [id]}]", "test 'unique': expected its arguments by name"],
    ["tests: [{unique: {model: x}}]", "test 'unique': 'model' is the tested node already, remove the argument"],
    [
      "tests: [{unique: {severity: warn, config: {severity: error}}}]",
      "test 'unique': 'severity' stands beside 'config' and in it: remove the one beside it",
    ],
    [
      "tests: [{unique: {config: {severity: bad}}}]",
      "the setting 'severity': expected warn or error, found string \"bad\"",
    ],
    ["tests: [unique]\n    data_tests: [unique]", "'tests' is the old name of 'data_tests': remove one of them"],
  ])("%s", (properties, message) => {
    const project = readProject({
      "models/films.sql": "select 1",
      "models/a.yml": `models:\n  - name: films\n    ${properties}`,
    });
    expect(problemsOf(project)).toEqual([expect.stringMatching(/^models\/a\.yml:[34]:\d+: /)]);
    expect(project.problems[0]?.message).toBe(message);
  });

  test("one test twice", () => {
    const columns = "columns: [{name: id, tests: [unique,\n unique]}]";
    const project = readProject({
      "models/films.sql": "select 1",
      "models/a.yml": `models:\n  - name: films\n    ${columns}`,
    });
    expect(problemsOf(project)).toEqual([
      "models/a.yml:4:2: this test stands in line 3 of models/a.yml already: remove one, or give one of them a 'name'",
    ]);
  });
});

test.each([
  ["uniqe", "there is no test 'uniqe'; did you mean 'unique'?"],
  ["dbt_utils.at_least_one", "test 'dbt_utils.at_least_one': there is no package 'dbt_utils', install it"],
])("the test %s, which nothing has, is a node with a warning: it fails when it runs", (name, message) => {
  const project = readProject({
    "models/films.sql": "select 1",
    "models/a.yml": `models:\n  - name: films\n    tests: [${name}]`,
  });
  expect(problemsOf(project)).toEqual([]);
  expect(project.warnings.map((each) => each.message)).toEqual([message]);
  expect(nodeOf(project, `${name.replace(".", "_")}_films_`).depends_on.nodes).toEqual(["model.shop.films"]);
});

test("a seed that is described among the models has its tests, and nothing else of what is said", () => {
  const yaml =
    "models:\n  - name: given\n    description: told in the wrong place\n    columns:\n      - name: id\n        data_tests: [unique]\n";
  const project = readProject({ "seeds/given.csv": "id\n1\n", "models/given.yml": yaml });
  expect(nodeOf(project, "unique_given_id").depends_on.nodes).toEqual(["seed.shop.given"]);
  expect(nodeOf(project, "given").description).toBe("");
});
