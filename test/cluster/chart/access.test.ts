import { expect, test } from "vitest";
import { OWN_RULES, PIPELINE_RULES, type PolicyRule } from "../../../config/tools/generate/access-files.ts";
import { KINDS } from "../../../operator/kinds/kinds.ts";
import { ACCESS, resourceName } from "../../../operator/kube/access.ts";
import { type Manifest, only, renderChart } from "../../support/cluster/chart.ts";

const isRole = ({ kind }: Manifest) => kind === "Role" || kind === "ClusterRole";
const rules = (role: Manifest): readonly PolicyRule[] => role.rules;
const byName = (name: string) => (object: Manifest) => object.metadata.name === name;

test.each([
  ["everything on", ["--set=networkPolicy.enabled=true,metrics.serviceMonitor.enabled=true"]],
  ["watched namespaces", ["--set=watchNamespaces={a,b}"]],
])("no role of the chart touches Secrets or grants by wildcard: %s", (_, args) => {
  const roles = renderChart(...args).filter(isRole);
  expect(roles.length).toBeGreaterThan(0);
  const granted = roles.flatMap((role) => rules(role).flatMap((rule) => [...rule.resources, ...rule.verbs]));
  expect(granted.filter((word) => /secret|\*|escalate|impersonate|^bind$/.test(word))).toEqual([]);
});

test("the operator's rights are its access table and nothing more", () => {
  const objects = renderChart();
  const granted = [...rules(only(objects, "ClusterRole", "kelt")), ...rules(only(objects, "Role", "kelt"))];
  const used = ACCESS.map(({ kind, subresource, verbs }) => ({
    apiGroups: [KINDS[kind].resource.group],
    resources: [resourceName(kind, subresource)],
    verbs,
  }));
  expect(new Set(granted)).toEqual(new Set(used));
});

test("leader election is allowed in the operator's own namespace only", () => {
  expect(OWN_RULES.flatMap((rule) => rule.resources)).toEqual(["leases"]);
  expect(PIPELINE_RULES.flatMap((rule) => rule.resources)).not.toContain("leases");
  expect(only(renderChart(), "Role", "kelt").metadata.namespace).toBe("kelt-system");
});

test("watched namespaces get a role each, and the operator nothing in the rest of the cluster", () => {
  const objects = renderChart("--set=watchNamespaces={a,b}");
  expect(objects.filter(byName("kelt")).filter(({ kind }) => kind.startsWith("ClusterRole"))).toEqual([]);
  const roles = objects.filter(byName("kelt-pipelines")).filter(isRole);
  expect(roles.map((role) => role.metadata.namespace)).toEqual(["a", "b"]);
  for (const role of roles) expect(rules(role)).toEqual(PIPELINE_RULES);
});

test("every binding names a role of the chart and a service account of the chart", () => {
  for (const objects of [renderChart(), renderChart("--set=watchNamespaces={a,b}")]) {
    const bindings = objects.filter(({ kind }) => kind === "RoleBinding" || kind === "ClusterRoleBinding");
    expect(bindings.length).toBeGreaterThan(1);
    for (const { roleRef, subjects, metadata } of bindings) {
      const roles = objects.filter(({ kind }) => kind === roleRef.kind).filter(byName(roleRef.name));
      expect(roles.map((role) => role.metadata.namespace)).toContain(metadata.namespace);
      const [{ name, namespace }] = subjects;
      expect(only(objects, "ServiceAccount", name).metadata.namespace).toBe(namespace);
    }
  }
});

test("people get the rights to pipelines that they have to pods", () => {
  const objects = renderChart();
  const aggregated = (to: string) =>
    objects
      .filter(({ metadata }) => metadata.labels?.[`rbac.authorization.k8s.io/aggregate-to-${to}`] === "true")
      .flatMap((role) => rules(role).flatMap((rule) => rule.verbs));
  expect(new Set(aggregated("view"))).toEqual(new Set(["get", "list", "watch"]));
  expect(new Set(aggregated("edit"))).toEqual(new Set([...aggregated("view"), "create", "update", "patch", "delete"]));
  expect(new Set(aggregated("admin"))).toEqual(new Set([...aggregated("edit"), "deletecollection"]));
});

test("people may read every kind, and write all but what the operator alone writes", () => {
  const objects = renderChart();
  const resourcesOf = (role: string) =>
    rules(only(objects, "ClusterRole", `kelt-${role}`)).flatMap(({ resources }) => resources);
  expect(resourcesOf("view")).toEqual(["pipelines", "pipelineruns", "connections", "nodereports"]);
  expect(resourcesOf("edit")).toEqual(["pipelines", "pipelineruns", "connections"]);
  expect(resourcesOf("admin")).toEqual(["pipelines", "pipelineruns", "connections"]);
});

test("rights can be left to others", () => {
  const objects = renderChart("--set=rbac.create=false,rbac.aggregate=false");
  expect(objects.filter(isRole).map(({ metadata }) => metadata.name)).toEqual(["kelt-test"]);
});
