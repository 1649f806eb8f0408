import { expect, test } from "vitest";
import { customResourceDefinition } from "#api/crd.ts";
import { CUSTOM_KINDS } from "#api/kinds/custom-kinds.ts";
import { type Manifest, renderChart } from "../../support/cluster/chart.ts";

const crds = (...args: readonly string[]): readonly Manifest[] =>
  renderChart(...args).filter(({ kind }) => kind === "CustomResourceDefinition");

test("the chart installs the CRDs as the types say them, and keeps them when it is uninstalled", () => {
  const found = new Map(crds().map((crd) => [crd.metadata.name, crd]));
  expect(found.size).toBe(CUSTOM_KINDS.length);
  for (const kind of CUSTOM_KINDS) {
    const expected = customResourceDefinition(kind);
    const crd = found.get(expected.metadata.name);
    expect(crd?.spec).toEqual(JSON.parse(JSON.stringify(expected.spec)));
    expect(crd?.metadata.annotations).toEqual({ "helm.sh/resource-policy": "keep" });
  }
});

test("the keep policy and the CRDs themselves can be switched off", () => {
  expect(crds("--set=crds.keep=false").map(({ metadata }) => metadata.annotations)).toEqual(
    CUSTOM_KINDS.map(() => undefined),
  );
  expect(crds("--set=crds.install=false")).toEqual([]);
});
