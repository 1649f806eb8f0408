import { expect, test } from "vitest";
import { type Manifest, renderChart, renderKustomization } from "../../support/cluster/chart.ts";

const HELM_LABELS = ["helm.sh/chart", "app.kubernetes.io/managed-by", "app.kubernetes.io/version"];

/** An object by its kind and name, without what only Helm or only kustomize adds. */
function comparable(objects: readonly Manifest[]): ReadonlyMap<string, unknown> {
  const installed = objects.filter(
    // A key that stands in a repository is none: without Helm, people make it themselves.
    ({ kind, metadata }) =>
      kind !== "Namespace" && kind !== "Secret" && metadata.annotations?.["helm.sh/hook"] === undefined,
  );
  return new Map(
    installed.map(({ metadata: { labels = {}, annotations: _, ...metadata }, ...object }) => {
      const kept = Object.entries(labels).filter(([name]) => !HELM_LABELS.includes(name));
      const isCrd = object.kind === "CustomResourceDefinition";
      return [
        `${object.kind} ${metadata.name}`,
        { ...object, metadata: { ...metadata, labels: isCrd ? {} : Object.fromEntries(kept) } },
      ];
    }),
  );
}

test("kustomize installs what the chart installs with its defaults", () => {
  const base = comparable(renderKustomization("config/base"));
  const chart = comparable(renderChart());
  expect([...base.keys()].sort()).toEqual([...chart.keys()].sort());
  for (const [name, object] of chart) expect(base.get(name), name).toEqual(object);
});

test("kustomize makes the namespace, and Pod Security is enforced there", () => {
  const namespaces = renderKustomization("config/base").filter(({ kind }) => kind === "Namespace");
  expect(
    namespaces.map(({ metadata }) => [metadata.name, metadata.labels?.["pod-security.kubernetes.io/enforce"]]),
  ).toEqual([["kelt-system", "restricted"]]);
});
