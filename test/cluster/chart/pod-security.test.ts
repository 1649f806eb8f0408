import { expect, test } from "vitest";
import { type Manifest, renderChart, renderKustomization } from "../../support/cluster/chart.ts";
import { restrictedViolations } from "../../support/cluster/pod-security.ts";

interface Workload {
  readonly name: string;
  readonly pod: Readonly<Record<string, unknown>>;
}

function workloads(objects: readonly Manifest[]): readonly Workload[] {
  return objects
    .filter(({ kind }) => ["Deployment", "StatefulSet", "Job", "Pod"].includes(kind))
    .map(({ kind, metadata, spec }) => ({
      name: `${kind} ${metadata.name}`,
      pod: kind === "Pod" ? spec : spec.template.spec,
    }));
}

test.each([
  ["the chart", () => renderChart(), ["Deployment kelt", "Pod kelt-test"]],
  ["the kustomize base", () => renderKustomization("config/base"), ["Deployment kelt"]],
  [
    "the demo databases",
    () => renderKustomization("config/samples/films/demo"),
    ["StatefulSet source", "StatefulSet warehouse"],
  ],
  [
    "the demo of posts",
    () => renderKustomization("config/samples/posts/demo"),
    ["Deployment api", "Deployment store", "StatefulSet warehouse"],
  ],
  [
    "the demo of showcase",
    () => renderKustomization("config/samples/showcase/demo"),
    ["Deployment api", "Deployment store", "StatefulSet source", "StatefulSet warehouse"],
  ],
])("pods of %s are restricted, cannot write to their image and mount no token unasked", (_, render, names) => {
  const found = workloads(render());
  expect(found.map(({ name }) => name)).toEqual(names);
  for (const { name, pod } of found) expect([name, ...restrictedViolations(pod)]).toEqual([name]);
});

test.each([
  ["a pod that may run as root", { securityContext: {} }, "runAsNonRoot"],
  ["a host's network", { hostNetwork: true }, "hostNetwork"],
  ["a folder of the host", { volumes: [{ name: "x", hostPath: { path: "/" } }] }, "volume x"],
  ["a token for whoever asks", { automountServiceAccountToken: true }, "automountServiceAccountToken"],
])("the check itself finds %s", (_, change, violation) => {
  const [operator] = workloads(renderChart());
  expect(restrictedViolations({ ...operator?.pod, ...change }).join()).toContain(violation);
});
