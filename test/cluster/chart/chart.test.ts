import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { readSettings } from "../../../operator/settings.ts";
import { helm, helmTemplate, type Manifest, only, ROOT, renderChart } from "../../support/cluster/chart.ts";

const SERVICE_MONITOR = ["--set=metrics.serviceMonitor.enabled=true"] as const;

function environment(objects: readonly Manifest[]): Record<string, string | undefined> {
  const entries = only(objects, "Deployment").spec.template.spec.containers[0].env as {
    name: string;
    value?: string;
  }[];
  return Object.fromEntries(entries.map(({ name, value }) => [name, value]));
}

test("helm lint finds nothing wrong", () => {
  const { status, stdout, stderr } = helm("lint", "--strict", `${ROOT}helm`);
  expect({ status, output: status === 0 ? "" : stdout + stderr }).toEqual({ status: 0, output: "" });
});

test("an old cluster is refused before anything is installed", () => {
  const { status, stderr } = helmTemplate("--kube-version=1.32.9");
  expect(status).not.toBe(0);
  expect(stderr).toContain("chart requires kubeVersion: >=1.33.0-0");
});

test.each([
  ["an unknown value at the top", "--set=replica=2", "replica"],
  ["an unknown value deep down", "--set=metrics.prot=9090", "prot"],
  ["a value of the wrong type", "--set-string=replicas=two", "/replicas"],
  ["a value out of range", "--set=metrics.port=80", "/metrics/port"],
  ["a word that is not one of the list", "--set=image.pullPolicy=Sometimes", "/image/pullPolicy"],
  ["a setting that no task pod has", "--set=tasks.pod.hostNetwork=true", "hostNetwork"],
  ["a compute resource the operator does not set on tasks", "--set=tasks.resources.limits.gpu=1", "gpu"],
])("%s is refused, and the message names it", (_, argument, named) => {
  const { status, stderr } = helmTemplate(argument);
  expect(status).not.toBe(0);
  expect(stderr).toContain(named);
});

test("values of a parent chart pass the schema", () => {
  expect(helmTemplate("--set=global.imageRegistry=registry.example").status).toBe(0);
});

test("the operator reads from its environment what the values say", () => {
  const env = environment(
    renderChart(
      "--set=image.task.repository=registry.example/task,image.task.digest=sha256:abc,image.pullSecrets={one,two}",
      "--set=watchNamespaces={a,b},operator.logLevel=debug,operator.workers=3,operator.apiQps=7,operator.apiBurst=8",
      "--set=operator.apiNamespaceQps=5,operator.apiNamespaceBurst=6,metrics.pipelines=9",
      "--set=operator.jobTtl=90m,metrics.port=9000,tasks.pod.priorityClassName=batch,tasks.pod.labels.team=data",
      "--set=tasks.resources.limits.memory=1Gi,tasks.podCheck=owner",
    ),
  );
  expect(readSettings(env)).toMatchObject({
    watchNamespaces: ["a", "b"],
    logLevel: "debug",
    workers: 3,
    apiQps: 7,
    apiBurst: 8,
    apiNamespaceQps: 5,
    apiNamespaceBurst: 6,
    metricsPipelines: 9,
    metricsPort: 9000,
    podCheck: "owner",
    sealKeyFile: "/etc/kelt/seal/key",
    taskPods: {
      image: "registry.example/task@sha256:abc",
      imagePullPolicy: "IfNotPresent",
      imagePullSecrets: ["one", "two"],
      pod: {
        priorityClassName: "batch",
        labels: { team: "data" },
        securityContext: { runAsUser: 65_532, runAsGroup: 65_532, fsGroup: 65_532 },
      },
      jobTtlSeconds: 5400,
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "1Gi" } },
    },
  });
});

test("on OpenShift, which gives each namespace its own users, the tasks' pods name none", () => {
  const env = environment(renderChart("--set=tasks.pod.securityContext=null"));
  expect(readSettings(env).taskPods.pod).toEqual({});
});

test("on OpenShift no pod of the chart's names a user, and none may be root", () => {
  const objects = renderChart("--set=podSecurityContext=null");
  for (const pod of [only(objects, "Deployment").spec.template, only(objects, "Pod")]) {
    expect(pod.spec.securityContext).toEqual({ runAsNonRoot: true, seccompProfile: { type: "RuntimeDefault" } });
  }
  const { spec } = only(renderChart(), "Deployment").spec.template;
  expect(spec.securityContext).toMatchObject({ runAsUser: 65_532, runAsGroup: 65_532, fsGroup: 65_532 });
});

test("the chart's defaults are the operator's own defaults", () => {
  const { KELT_NAMESPACE: _, KELT_SEAL_KEY_FILE: __, KELT_REPORT_SERVICE: ___, ...env } = environment(renderChart());
  const image = { KELT_TASK_IMAGE: env.KELT_TASK_IMAGE };
  expect(readSettings({ ...env, KELT_POD_NAME: "pod" })).toEqual(readSettings({ ...image, KELT_POD_NAME: "pod" }));
});

test("the operator finds its key in the Secret that the chart makes, or in the one that is named", () => {
  const secretOf = (objects: readonly Manifest[]) =>
    only(objects, "Deployment").spec.template.spec.volumes.find(({ name }: { name: string }) => name === "seal").secret;
  const made = renderChart();
  const { metadata, data } = only(made, "Secret");
  expect(secretOf(made)).toMatchObject({ secretName: metadata.name, items: [{ key: "key", path: "key" }] });
  expect(Buffer.from(data.key, "base64").toString()).toMatch(/^\w{64}$/);
  const named = renderChart("--set=seal.existingSecret=mine");
  expect(secretOf(named)).toMatchObject({ secretName: "mine" });
  expect(named.filter(({ kind }) => kind === "Secret")).toEqual([]);
});

test("every variable of the operator's environment has a name of ours", () => {
  expect(Object.keys(environment(renderChart())).filter((name) => !name.startsWith("KELT_"))).toEqual([]);
});

test("one replica has no disruption budget, two have one that lets a node be drained", () => {
  expect(renderChart("--set=replicas=1").filter(({ kind }) => kind === "PodDisruptionBudget")).toEqual([]);
  expect(only(renderChart(), "PodDisruptionBudget").spec.maxUnavailable).toBe(1);
});

test("selectors find the operator's pods and not the pod of helm test", () => {
  const objects = renderChart("--set=networkPolicy.enabled=true");
  const labels = only(objects, "Deployment").spec.template.metadata.labels as Record<string, string>;
  const selectors: Record<string, string>[] = [
    only(objects, "Deployment").spec.selector.matchLabels,
    ...["kelt-metrics", "kelt-report"].map((name) => only(objects, "Service", name).spec.selector),
    only(objects, "PodDisruptionBudget").spec.selector.matchLabels,
    only(objects, "NetworkPolicy").spec.podSelector.matchLabels,
  ];
  for (const selector of selectors) {
    expect(labels).toMatchObject(selector);
    expect(only(objects, "Pod").metadata.labels).not.toMatchObject(selector);
  }
});

test("a ServiceMonitor appears where the cluster knows the kind, and a warning where it does not", () => {
  const known = renderChart(...SERVICE_MONITOR, "--api-versions=monitoring.coreos.com/v1");
  expect(only(known, "ServiceMonitor").spec.endpoints[0].port).toBe("metrics");
  expect(renderChart(...SERVICE_MONITOR).filter(({ kind }) => kind === "ServiceMonitor")).toEqual([]);
  expect(notes(...SERVICE_MONITOR)).toContain("no\nServiceMonitor was made");
});

test("the guardrail on the operator's own account appears when asked for, and names that account", () => {
  const isPolicy = ({ kind, metadata }: Manifest) =>
    kind.startsWith("ValidatingAdmissionPolicy") && metadata.name !== "kelt-report-tokens";
  expect(renderChart().filter(isPolicy)).toEqual([]);
  const objects = renderChart("--set=admissionPolicy.enabled=true,serviceAccount.name=other");
  const policy = only(objects, "ValidatingAdmissionPolicy", "kelt-jobs");
  expect(policy.spec.matchConditions[0].expression).toContain('"system:serviceaccount:kelt-system:other"');
  expect(only(objects, "ValidatingAdmissionPolicyBinding", "kelt-jobs").spec.policyName).toBe(policy.metadata.name);
});

test("the operator has a priority of its own, another one when asked for, and none that takes a right to the cluster", () => {
  const priority = (...args: readonly string[]) => {
    const objects = renderChart(...args);
    const made = objects
      .filter(({ kind }) => kind === "PriorityClass")
      .map(({ metadata, value }) => [metadata.name, value]);
    return { made, used: only(objects, "Deployment").spec.template.spec.priorityClassName };
  };
  expect(priority()).toEqual({ made: [["kelt", 1_000_000]], used: "kelt" });
  expect(priority("--set=priorityClass.value=5")).toEqual({ made: [["kelt", 5]], used: "kelt" });
  const critical = "system-cluster-critical";
  expect(priority(`--set=priorityClassName=${critical}`)).toEqual({ made: [], used: critical });
  expect(priority("--set=priorityClass.create=false")).toEqual({ made: [], used: undefined });
  expect(priority("--set=watchNamespaces={a}")).toEqual({ made: [], used: undefined });
});

test("the notes say how to look at the operator, at runs and at their logs, and how to wait for either end", () => {
  expect(notes("--set=operator.jobTtl=3h")).toContain("a finished Job is kept for 3h.");
  expect(notes()).toContain("kubectl logs job/JOB");
  expect(notes()).toContain("kubectl wait plr/NAME --for=condition=Finished");
  expect(notes()).toContain("rollout status deployment/kelt");
  expect(notes()).toContain("kubectl get plr -w");
});

test("the notes and the reference say what writing a Pipeline or a Connection opens", () => {
  const words =
    /whoever may write a Pipeline or a Connection can read every Secret of (?:its|the) namespace whose name they know/i;
  expect(notes().replaceAll("\n", " ")).toMatch(words);
  const reference = readFileSync(`${ROOT}crds/reference.md`, "utf8");
  const [, pipeline = "", connection = ""] = /^## Pipeline\n(.*?)^## Connection\n(.*)/ms.exec(reference) ?? [];
  expect(pipeline).toMatch(words);
  expect(connection).toMatch(words);
});

/** Helm shows the notes to a cluster only, so a copy of the chart renders them into an object. */
function notes(...args: readonly string[]): string {
  const chart = mkdtempSync(join(tmpdir(), "kelt-chart-"));
  try {
    cpSync(`${ROOT}helm`, chart, { recursive: true });
    renameSync(join(chart, "templates/NOTES.txt"), join(chart, "notes.txt"));
    writeFileSync(
      join(chart, "templates/notes.yaml"),
      `{kind: Notes, metadata: {name: notes}, text: {{ tpl (.Files.Get "notes.txt") . | toJson }}}`,
    );
    const rendered = helm(
      "template",
      "kelt",
      chart,
      "--show-only=templates/notes.yaml",
      "--kube-version=1.34.0",
      ...args,
    );
    return (parse(rendered.stdout) as { text: string }).text;
  } finally {
    rmSync(chart, { recursive: true });
  }
}
