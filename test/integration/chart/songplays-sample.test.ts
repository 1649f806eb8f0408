import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, ROOT, renderKustomization } from "../../support/chart.ts";
import { sampleFiles } from "../../support/sample.ts";

const FOLDER = `${ROOT}config/samples/songplays`;
const { spec } = parse(readFileSync(`${FOLDER}/pipeline.yaml`, "utf8"));

test("the songplays pipeline is valid, and both loads come before the models", () => {
  expect(validatePipeline(spec)).toMatchObject({
    ok: true,
    graph: { order: ["events", "songs", "models", "quality"] },
  });
});

test("every file of the dbt project is in the ConfigMap that the pipeline names", () => {
  const objects = renderKustomization("config/samples/songplays");
  const { metadata, data } = only(objects, "ConfigMap");
  expect(only(objects, "Pipeline").spec.nodes.models.transform.project.configMap).toBe(metadata.name);
  expect(Object.values(data).sort()).toEqual(sampleFiles(`${FOLDER}/models`).toSorted());
});

test.each([
  ["store", ["accessKeyId", "secretAccessKey"]],
  ["warehouse", ["dbname", "host", "password", "port", "user"]],
])("the demo has the Secret %s in the shape that its connection reads", (name, keys) => {
  const demo = renderKustomization("config/samples/songplays/demo");
  expect(Object.keys(only(demo, "Secret", name).data).sort()).toEqual(keys);
  expect(only(demo, "Secret", name).metadata.namespace).toBe("kelt-songplays");
});

test("the store's address is that of the demo's Service, and its filler has every file that it imports", () => {
  const demo = renderKustomization("config/samples/songplays/demo");
  const endpoint = new URL(spec.connections.lake.s3.endpoint);
  const [port] = only(demo, "Service", endpoint.hostname).spec.ports;
  expect(String(port.port)).toBe(endpoint.port);
  const files = ["store-filler", "store-content"].flatMap((name) => Object.entries(only(demo, "ConfigMap", name).data));
  const names = new Set(files.map(([name]) => `./${name}`));
  for (const [, text] of files as [string, string][]) {
    const imports = text.matchAll(/^import (?!type).* from "(\..*)";$/gm);
    for (const [, path] of imports) expect(names).toContain(path);
  }
});
