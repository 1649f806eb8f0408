import { afterAll, expect, test } from "vitest";
import type { NodeReportStatus } from "#api/node-report.ts";
import { mustKubectl } from "../support/cluster/cluster.ts";
import { applyPipeline, createRun, DEMO, eventually, finishedRun, sql, verdictOf } from "../support/cluster/kind.ts";

const PROJECT = {
  "dbt_project.yml": "name: grades\nsnapshots: {grades: {+target_schema: dbt_demo}}\n",
  "seeds.grades.csv": "least,grade\n0,Poor\n3,Good\n4,Excellent\n",
  "models.films_graded.sql": `{{ config(materialized='incremental', unique_key='film_id') }}
    select f.film_id, f.user_rating, (select grade from {{ ref('grades') }} g where g.least <= f.user_rating order by least desc limit 1) as grade
    from raw.films f {% if is_incremental() %} where f.film_id not in (select film_id from {{ this }}) {% endif %}`,
  "models.schema.yml":
    "models: [{name: films_graded, columns: [{name: film_id, data_tests: [unique, not_null]}, {name: grade, data_tests: [{accepted_values: {arguments: {values: [Poor, Good, Excellent]}}}]}]}]",
  "snapshots.grades_history.sql":
    "{% snapshot grades_history %}{{ config(unique_key='grade', strategy='check', check_cols='all') }} select * from {{ ref('grades') }}{% endsnapshot %}",
};

afterAll(() => {
  mustKubectl(["delete", "pipeline/grades", "configmap/grades", "-n", DEMO, "--ignore-not-found"]);
  sql("warehouse", "drop schema if exists dbt_demo cascade");
});

/** The items of the report, which may come a moment after the end of the run. */
function itemsOf(run: string): Readonly<Record<string, string>> {
  const text = mustKubectl(["get", "nodereport", `${run}-models`, "-n", DEMO, "-o", "json", "--ignore-not-found"]);
  const { status } = JSON.parse(text || "{}") as { readonly status?: NodeReportStatus };
  return Object.fromEntries((status?.items ?? []).map(({ kind, name, state }) => [`${kind} ${name}`, state]));
}

test("a dbt project is built by dbt's own macros: seed, incremental model, snapshot and tests, each seen with its state", async () => {
  await finishedRun(createRun("films"));
  const configMap = {
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name: "grades", namespace: DEMO },
    data: PROJECT,
  };
  mustKubectl(["apply", "-f", "-"], configMap);
  await applyPipeline("grades", {
    connections: { warehouse: { postgres: { secretRef: "films-warehouse" } } },
    nodes: {
      models: {
        transform: { connection: "warehouse", schema: "dbt_demo", project: { configMap: "grades" }, command: "build" },
      },
    },
  });
  for (const round of ["first", "second"]) {
    const run = await finishedRun(createRun("grades"));
    expect(verdictOf(run), `${round}: ${JSON.stringify(run.status.nodes)}`).toBe("True Succeeded");
    const items = await eventually("the end of every item", () => {
      const found = itemsOf(run.metadata.name);
      const isWhole = Object.values(found).every((state) => state !== "Pending" && state !== "Running");
      return isWhole && Object.keys(found).length >= 6 ? found : undefined;
    });
    expect(items).toMatchObject({
      "seed grades": "Succeeded",
      "model films_graded": "Succeeded",
      "snapshot grades_history": "Succeeded",
    });
    expect(new Set(Object.values(items))).toEqual(new Set(["Succeeded"]));
    expect(sql("warehouse", "select count(*) = (select count(*) from raw.films) from dbt_demo.films_graded")).toBe("t");
  }
  expect(sql("warehouse", "select count(*) from dbt_demo.grades_history where dbt_valid_to is null")).toBe("3");
});
