import { expect, test } from "vitest";
import { type ConfigMapFiles, runTransform } from "../../support/dbt/dbt-command.ts";
import { useDbtWarehouse } from "../../support/dbt/dbt-warehouse.ts";

const dbt = useDbtWarehouse();

const SHOP: ConfigMapFiles = {
  "dbt_project.yml": "name: shop\n",
  "models.first.sql": "{{ config(tags=['daily']) }} select 1 as n",
  "models.second.sql": "select n from {{ ref('first') }}",
  "models.third.sql": "select n from {{ ref('second') }}",
  "selectors.yml": `
selectors:
  - name: daily
    default: "{{ target.name == 'prod' }}"
    definition: 'tag:daily'
  - name: late
    definition:
      union: [{method: fqn, value: third, parents: true}, {exclude: ['tag:daily']}]
`,
};

const built = async (fields: object) => {
  const { outcome, states } = await runTransform(dbt.warehouse, SHOP, fields);
  return outcome instanceof Error ? outcome.message : Object.keys(states).sort();
};

test("a selector of selectors.yml says what is built", async () => {
  await built({});
  expect(await built({ selector: "late" })).toEqual(["second", "third"]);
});

test("the project's default selector counts where nothing is selected, for the target that it is the default of", async () => {
  expect(await built({ target: "prod" })).toEqual(["first"]);
  expect(await built({ target: "prod", exclude: ["second+"] })).toEqual(["first"]);
  expect(await built({ target: "prod", select: ["second"] })).toEqual(["second"]);
  expect(await built({ target: "dev" })).toEqual(["first", "second", "third"]);
});

test("a selection takes a selector in, and a misspelt one is named before anything is built", async () => {
  expect(await built({ select: ["selector:late", "first"] })).toEqual(["first", "second", "third"]);
  expect(await built({ selector: "dayly" })).toContain("no selector 'dayly' in selectors.yml; did you mean 'daily'?");
});

test("a mistake in selectors.yml is a problem of the project, with file and line", async () => {
  const files = { ...SHOP, "selectors.yml": "selectors:\n  - {name: a, definition: 'tagg:x'}\n" };
  const { outcome } = await runTransform(dbt.warehouse, files);
  expect(outcome).toMatchObject({ code: "InvalidProject", message: expect.stringContaining("selectors.yml:2:27") });
});

test("variables are texts, numbers, truth values, lists and maps, as a template sees them", async () => {
  const model = `select '{{ var("flag") }} {{ 7 // var("number") }} {{ var("half") }} {{ var("list") | join("-") }}
    {{- " " ~ var("map")["inner"][1]["deep"] }} {% if var("off") %}on{% else %}off{% endif %}' as said`;
  const vars = { flag: true, off: false, number: 2, half: 0.5, list: ["a", 1], map: { inner: [0, { deep: "x" }] } };
  const { outcome } = await runTransform(
    dbt.warehouse,
    { "dbt_project.yml": "name: shop\n", "models.said.sql": model },
    { vars },
  );
  expect(outcome).toMatchObject({ message: "1 node: 1 success" });
  expect(await dbt.warehouse.query("SELECT said FROM dbt.said")).toEqual([{ said: "True 3 0.5 a-1 x off" }]);
});
