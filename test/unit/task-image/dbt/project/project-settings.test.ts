import { describe, expect, test } from "vitest";
import { readProjectSettings } from "../../../../../task-image/dbt/project/project-settings.ts";
import { ObjectValue } from "../../../../../task-image/jinja/values/value.ts";
import { globalScope } from "../../../jinja/global-scope.ts";

const target = new ObjectValue({ typeName: "target", attribute: (name) => (name === "name" ? "prod" : undefined) });
const read = (text: string) =>
  readProjectSettings("dbt_project.yml", `name: shop\n${text}`, globalScope([["target", target]]));

describe("folders", () => {
  test("are dbt's where nothing is written", () => {
    expect(read("").folders).toEqual({
      models: ["models"],
      seeds: ["seeds"],
      snapshots: ["snapshots"],
      tests: ["tests"],
      analyses: ["analyses"],
      macros: ["macros"],
      docs: ["models", "seeds", "snapshots", "tests", "analyses", "macros"],
    });
  });

  test.each([
    ["model-paths: ['models/']", "models", ["models"]],
    ["model-paths: ['./models', models, src//staging/]", "models", ["models", "src/staging"]],
    ["model-paths: ['.']", "models", [""]],
    ["source-paths: [src]", "models", ["src"]],
    ["data-paths: [data]", "seeds", ["data"]],
    ["snapshot-paths: [snaps]", "snapshots", ["snaps"]],
    ["docs-paths: [docs]", "docs", ["docs"]],
    ["macro-paths: macros", "macros", ["macros"]],
  ])("%s", (text, kind, folders) => {
    expect(read(text).folders).toMatchObject({ [kind]: folders });
  });

  test("of a key of old beside the new one are a problem", () => {
    expect(() => read("model-paths: [a]\nsource-paths: [b]")).toThrow(
      "'source-paths' is the old name of 'model-paths': remove one",
    );
  });
});

describe("templates", () => {
  test("in settings of folders are rendered, with their types", () => {
    const { configs } = read(
      `models:\n  shop:\n    +schema: "{{ 'x' ~ target.name }}"\n    +enabled: "{{ target.name == 'prod' }}"`,
    );
    expect(configs.models).toEqual({ shop: { "+schema": "xprod", "+enabled": true } });
  });

  test("in hooks and variables are left for later", () => {
    const { onRunStart, vars, configs } = read(
      `on-run-start: "{{ a() }}"\nvars: {v: "{{ target.name }}"}\nmodels: {+pre-hook: "{{ b() }}", +post_hook: ["{{ c() }}"]}`,
    );
    expect([onRunStart, vars, configs.models]).toEqual([
      ["{{ a() }}"],
      { v: "{{ target.name }}" },
      { "+pre-hook": "{{ b() }}", "+post_hook": ["{{ c() }}"] },
    ]);
  });

  test("that cannot be rendered are a problem with their place", () => {
    const reading = () => read(`models:\n  +schema: "{{ nothing.at.all }}"`);
    expect(reading).toThrow(
      expect.objectContaining({
        problem: expect.objectContaining({ at: { file: "dbt_project.yml", line: 3, column: 12 } }),
      }),
    );
  });
});

test("everything else that is written", () => {
  const settings = read(`
on-run-end: [grant, "select 1"]
quoting: {identifier: false}
query-comment: null
packages-install-path: ./packages/
restrict-access: true
dispatch:
  - {macro_namespace: dbt_utils, search_order: [shim, dbt_utils]}
tests: {+severity: warn}
vars: {f: no, x: 2.0}
`);
  expect(settings).toMatchObject({
    name: "shop",
    onRunEnd: ["grant", "select 1"],
    quoting: { identifier: false },
    queryComment: null,
    packagesFolder: "packages",
    restrictsAccess: true,
    searchOrders: new Map([["dbt_utils", ["shim", "dbt_utils"]]]),
    vars: { f: false, x: 2 },
  });
  expect(settings.configs.data_tests).toEqual({ "+severity": "warn" });
});

test.each([
  ["name: 1shop", 'name: expected letters, digits and underscores, and no digit at its begin; found "1shop"'],
  ["model-paths: {a: b}", "model-paths: expected text or a list of texts"],
  ["models: [a]", "models: expected keys and values"],
  ["dispatch: [{macro_namespace: a}]", "dispatch: expected 'macro_namespace' and a list 'search_order'"],
  ["tests: {}\ndata_tests: {}", "'tests' is the old name of 'data_tests': remove one"],
])("%s is a problem", (text, message) => {
  expect(() => read(text)).toThrow(message);
});
