import { describe, expect, test } from "vitest";
import { readSettings } from "../../../operator/settings.ts";
import { type Manifest, only, renderChart } from "../../support/cluster/chart.ts";

const containerOf = (objects: readonly Manifest[]) => only(objects, "Deployment").spec.template.spec.containers[0];
const OFF = "--set=reportChannel.enabled=false";

describe("the report channel", () => {
  test("has a port of the operator's pods, a Service of the name that Jobs are told, and the pod's own address", () => {
    const objects = renderChart("--set=reportChannel.port=9443");
    const { env, ports } = containerOf(objects);
    expect(ports).toContainEqual({ name: "report", containerPort: 9443 });
    const { spec, metadata } = only(objects, "Service", "kelt-report");
    expect(spec.ports).toEqual([{ name: "report", port: 9443, targetPort: "report" }]);
    expect(spec.selector).toEqual(only(objects, "Deployment").spec.selector.matchLabels);
    const entries = env as { name: string; value?: string; valueFrom?: { fieldRef: { fieldPath: string } } }[];
    expect(entries.find(({ name }) => name === "KELT_POD_IP")?.valueFrom?.fieldRef.fieldPath).toBe("status.podIP");
    const read = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
    const { report } = readSettings({ ...read, KELT_NAMESPACE: metadata.namespace, KELT_POD_IP: "10.1.2.3" });
    expect(report).toEqual({ port: 9443, hosts: ["10.1.2.3", "kelt-report.kelt-system.svc"] });
  });

  test("is off by one value: nothing of it is left", () => {
    const objects = renderChart(OFF, "--set=networkPolicy.enabled=true");
    expect(containerOf(objects).ports.map(({ name }: { name: string }) => name)).toEqual(["metrics"]);
    expect(objects.filter(({ metadata }) => metadata.name.startsWith("kelt-report"))).toEqual([]);
    expect(only(objects, "NetworkPolicy", "kelt").spec.ingress).toHaveLength(1);
    const env = containerOf(objects).env as { name: string; value?: string }[];
    const read = Object.fromEntries(env.map(({ name, value }) => [name, value]));
    expect(readSettings({ ...read, KELT_POD_NAME: "x", KELT_POD_IP: "10.1.2.3" }).report).toBeUndefined();
    expect(
      JSON.stringify(only(renderChart(OFF, "--set=admissionPolicy.enabled=true"), "ValidatingAdmissionPolicy")),
    ).not.toContain("projected");
  });

  test("is reached from every namespace where the operator has a NetworkPolicy, or from where the values say", () => {
    const ingress = (...values: readonly string[]) =>
      only(renderChart("--set=networkPolicy.enabled=true", ...values), "NetworkPolicy", "kelt").spec.ingress;
    const ports = [{ protocol: "TCP", port: "report" }];
    expect(ingress()).toContainEqual({ ports, from: [{ namespaceSelector: {} }] });
    const from = [{ namespaceSelector: { matchLabels: { team: "data" } } }];
    expect(ingress(`--set-json=reportChannel.from=${JSON.stringify(from)}`)).toContainEqual({ ports, from });
  });
});
