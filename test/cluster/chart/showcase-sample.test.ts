import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { readSample } from "../../../config/quickstart/sample.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, ROOT, renderKustomization } from "../../support/cluster/chart.ts";
import { sampleFiles } from "../../support/tasks/sample.ts";

const FOLDER = "config/samples/showcase";
const OBJECTS = renderKustomization(FOLDER);
const DEMO = renderKustomization(`${FOLDER}/demo`);

describe.each([
  ["extract-api-data", ["products-landed", "reviews-landed", "products", "reviews", "quality"]],
  ["process-csv-files", ["customers", "stores", "quality"]],
  ["extract-shop-database", ["orders", "quality"]],
  ["dbt-transformation", ["models", "quality"]],
])("the pipeline %s", (name, order) => {
  const { spec } = only(OBJECTS, "Pipeline", name);

  test("is valid, and what is checked comes last", () => {
    expect(validatePipeline(spec)).toMatchObject({ ok: true, graph: { order } });
  });

  test("finds its servers, credentials and files in the demo", () => {
    const { api, lake, office, source, warehouse } = spec.connections;
    for (const database of [source, warehouse].filter((connection) => connection !== undefined)) {
      const keys = Object.keys(only(DEMO, "Secret", database.postgres.secretRef).data);
      expect(keys.sort()).toEqual(["dbname", "host", "password", "port", "user"]);
    }
    if (api) expect(only(DEMO, "Secret", api.http.secretRef).data.apiKey).toBeDefined();
    if (lake) expect(only(DEMO, "Secret", lake.s3.secretRef).data.accessKeyId).toBeDefined();
    if (office) expect(Object.keys(only(DEMO, "ConfigMap", office.files.configMap).data)).toEqual(["stores.csv"]);
    for (const url of [api?.http.baseUrl, lake?.s3.endpoint]
      .filter((text) => text !== undefined)
      .map((text) => new URL(text))) {
      const [port] = only(DEMO, "Service", url.hostname).spec.ports;
      expect(String(port.port)).toBe(url.port);
    }
  });
});

test("every file of the dbt project is in the ConfigMap that the pipeline names", () => {
  const { metadata, data } = only(OBJECTS, "ConfigMap");
  expect(only(OBJECTS, "Pipeline", "dbt-transformation").spec.nodes.models.transform.project.configMap).toBe(
    metadata.name,
  );
  expect(Object.values(data).sort()).toEqual(sampleFiles(`${ROOT}${FOLDER}/project`).toSorted());
});

test("runs begin every pipeline once, the models after all that they read", async () => {
  const { runs } = await readSample("showcase");
  expect(runs).toEqual(
    readdirSync(`${ROOT}${FOLDER}/runs`)
      .sort()
      .map((file) => `runs/${file}`),
  );
  const begun = runs.map((file) => parse(readFileSync(`${ROOT}${FOLDER}/${file}`, "utf8")).spec.pipeline);
  expect(begun.at(-1)).toBe("dbt-transformation");
  expect(begun.toSorted()).toEqual(
    OBJECTS.filter(({ kind }) => kind === "Pipeline")
      .map(({ metadata }) => metadata.name)
      .sort(),
  );
});

test("the API's program has the files that it reads", () => {
  expect(Object.keys(only(DEMO, "ConfigMap", "api-content").data).sort()).toEqual(["answers.mts", "products.json"]);
  expect(Object.keys(only(DEMO, "ConfigMap", "api-server").data)).toEqual(["serve.mts"]);
});
