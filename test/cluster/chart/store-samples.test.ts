import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, ROOT, renderKustomization } from "../../support/cluster/chart.ts";
import { sampleFiles } from "../../support/tasks/sample.ts";

describe.each([
  ["songplays", ["events", "songs", "models", "quality"]],
  ["netflix", ["raw", "models", "docs", "quality", "report"]],
])("the sample %s", (sample, order) => {
  const folder = `config/samples/${sample}`;
  const { spec } = parse(readFileSync(`${ROOT}${folder}/pipeline.yaml`, "utf8"));

  test("is valid, and what is loaded comes before the models", () => {
    expect(validatePipeline(spec)).toMatchObject({ ok: true, graph: { order } });
  });

  test("has every file of the dbt project in the ConfigMap that the pipeline names", () => {
    const objects = renderKustomization(folder);
    const { metadata, data } = only(objects, "ConfigMap");
    const { nodes } = only(objects, "Pipeline").spec;
    const projects = Object.values<{ transform?: { project: { configMap: string } } }>(nodes).flatMap(
      ({ transform }) => transform?.project.configMap ?? [],
    );
    expect(new Set(projects)).toEqual(new Set([metadata.name]));
    expect(Object.values(data).sort()).toEqual(sampleFiles(`${ROOT}${folder}/project`).toSorted());
  });

  test("has Secrets in its demo in the shapes that its connections read", () => {
    const demo = renderKustomization(`${folder}/demo`);
    const { lake, warehouse } = spec.connections;
    const store = only(demo, "Secret", lake.s3.secretRef);
    expect(Object.keys(store.data).sort()).toEqual(["accessKeyId", "secretAccessKey"]);
    const database = only(demo, "Secret", warehouse.postgres.secretRef);
    expect(Object.keys(database.data).sort()).toEqual(["dbname", "host", "password", "port", "user"]);
    expect(new Set(demo.slice(1).map(({ metadata }) => metadata.namespace ?? metadata.name))).toEqual(
      new Set([`kelt-${sample}`]),
    );
  });

  test("names the store by its Service, and the store's filler has every file that it imports", () => {
    const demo = renderKustomization(`${folder}/demo`);
    const endpoint = new URL(spec.connections.lake.s3.endpoint);
    const [port] = only(demo, "Service", endpoint.hostname).spec.ports;
    expect(String(port.port)).toBe(endpoint.port);
    const files = ["store-filler", "store-content"].flatMap((name) =>
      Object.entries(only(demo, "ConfigMap", name).data),
    );
    const imported = (files as [string, string][]).flatMap(([, text]) => [
      ...text.matchAll(/^import (?!type).* from "\.\/(.*)";$/gm),
    ]);
    expect(imported.length).toBeGreaterThan(2);
    for (const [, name] of imported) expect(files.map(([key]) => key)).toContain(name);
  });
});
