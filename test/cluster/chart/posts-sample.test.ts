import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, ROOT, renderKustomization } from "../../support/cluster/chart.ts";
import { sampleFiles } from "../../support/tasks/sample.ts";

const FOLDER = `${ROOT}config/samples/posts`;
const { spec } = parse(readFileSync(`${FOLDER}/pipeline.yaml`, "utf8"));

test("the posts pipeline is valid, and its nodes run from the API to the checks", () => {
  expect(validatePipeline(spec)).toMatchObject({
    ok: true,
    graph: { order: ["landed", "raw", "models", "quality"] },
  });
});

test("every file of the dbt project is in the ConfigMap that the pipeline names", () => {
  const objects = renderKustomization("config/samples/posts");
  const { metadata, data } = only(objects, "ConfigMap");
  expect(only(objects, "Pipeline").spec.nodes.models.transform.project.configMap).toBe(metadata.name);
  expect(Object.values(data).sort()).toEqual(sampleFiles(`${FOLDER}/project`).toSorted());
});

test.each([
  ["api", ["apiKey", "token"]],
  ["store", ["accessKeyId", "secretAccessKey"]],
  ["warehouse", ["dbname", "host", "password", "port", "user"]],
])("the demo has the Secret %s in the shape that its connection reads", (name, keys) => {
  const demo = renderKustomization("config/samples/posts/demo");
  expect(Object.keys(only(demo, "Secret", name).data).sort()).toEqual(keys);
});

test("connections lead to Services of the demo, by the defaults of the parameters", () => {
  const demo = renderKustomization("config/samples/posts/demo");
  const { api, lake } = spec.connections;
  expect(api.http.baseUrl).toBe("$(params.url)");
  for (const url of [spec.params.url.default, lake.s3.endpoint].map((text: string) => new URL(text))) {
    const [port] = only(demo, "Service", url.hostname).spec.ports;
    expect(String(port.port)).toBe(url.port);
  }
});
