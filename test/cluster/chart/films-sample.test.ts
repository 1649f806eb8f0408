import { readdirSync, readFileSync } from "node:fs";
import { relative } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { only, ROOT, renderKustomization } from "../../support/cluster/chart.ts";

const FOLDER = `${ROOT}config/samples/films`;
const SAMPLE = readFileSync(`${FOLDER}/pipeline.yaml`, "utf8");

function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, `${entry.parentPath}/${entry.name}`))
    .sort();
}

test("the whole films pipeline fits into 40 lines", () => {
  expect(SAMPLE.trimEnd().split("\n").length).toBeLessThanOrEqual(40);
});

test("the films pipeline is valid and its nodes run one after the other", () => {
  const validation = validatePipeline(parse(SAMPLE).spec);
  expect(validation).toMatchObject({ ok: true });
  const nodes = Object.entries(parse(SAMPLE).spec.nodes as Record<string, { needs?: string[] }>);
  expect(nodes.map(([name, { needs = [] }]) => [name, ...needs])).toEqual([
    ["raw"],
    ["models", "raw"],
    ["quality", "models"],
  ]);
});

test("the pipeline names the ConfigMap with the hash that kustomize gave it", () => {
  const objects = renderKustomization("config/samples/films");
  const { name } = only(objects, "ConfigMap").metadata;
  expect(name).toMatch(/^films-models-[a-z0-9]+$/);
  expect(only(objects, "Pipeline").spec.nodes.models.transform.project.configMap).toBe(name);
});

test("every file of the dbt project is in the ConfigMap, folders written with dots", () => {
  const files = filesBelow(`${FOLDER}/project`);
  const keys = Object.keys(only(renderKustomization("config/samples/films"), "ConfigMap").data);
  expect(files.length).toBeGreaterThan(0);
  expect(keys.sort()).toEqual(files.map((file) => file.replaceAll("/", ".")).sort());
});

test("every connection of the pipeline has its Secret in the demo, in the shape a connection reads", () => {
  const demo = renderKustomization("config/samples/films/demo");
  const connections = Object.values(parse(SAMPLE).spec.connections) as { postgres: { secretRef: string } }[];
  for (const { postgres } of connections) {
    const keys = Object.keys(only(demo, "Secret", postgres.secretRef).data);
    expect(keys.sort()).toEqual(["dbname", "host", "password", "port", "user"]);
  }
});

test("the demo fills its source with every file of facts", () => {
  const files = filesBelow(`${FOLDER}/demo/facts`);
  const facts = only(renderKustomization("config/samples/films/demo"), "ConfigMap", "source-facts");
  expect(Object.keys(facts.data).sort()).toEqual(files);
});
