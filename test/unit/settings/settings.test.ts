import { expect, test } from "vitest";
import { readSettings } from "../../../operator/settings.ts";

const MINIMAL = { KELT_TASK_IMAGE: "registry.example/task:1" };

test("one variable is enough; the rest has defaults", () => {
  expect(readSettings(MINIMAL)).toEqual({
    namespace: "kelt-system",
    identity: `kelt-${process.pid}`,
    watchNamespaces: [],
    logLevel: "info",
    metricsPort: 8080,
    metricsPipelines: 1000,
    apiQps: 50,
    apiBurst: 100,
    apiNamespaceQps: 40,
    apiNamespaceBurst: 80,
    workers: 16,
    namespaceNodes: 200,
    podCheck: "fields",
    taskPods: {
      image: "registry.example/task:1",
      imagePullPolicy: "IfNotPresent",
      imagePullSecrets: [],
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      pod: { securityContext: { runAsUser: 65_532, runAsGroup: 65_532, fsGroup: 65_532 } },
      network: { allowed: [], forbidden: [], apiServer: [] },
      hubUrl: "https://hub.getdbt.com",
      jobTtlSeconds: 3600,
    },
  });
});

test("every variable is read", () => {
  expect(
    readSettings({
      KELT_TASK_NETWORK_ALLOWED: "127.0.0.1, 10.0.0.0/8",
      KELT_TASK_NETWORK_FORBIDDEN: "fd00::/8",
      KUBERNETES_SERVICE_HOST: "10.96.0.1",
      KELT_NAMESPACE: "ops",
      KELT_POD_NAME: "kelt-0",
      KELT_WATCH_NAMESPACES: "a, b,,c ",
      KELT_LOG_LEVEL: "debug",
      KELT_METRICS_PORT: "0",
      KELT_METRICS_PIPELINES: "5",
      KELT_API_QPS: "2.5",
      KELT_API_BURST: "7",
      KELT_API_NAMESPACE_QPS: "1.5",
      KELT_API_NAMESPACE_BURST: "5",
      KELT_WORKERS: "3",
      KELT_TASK_IMAGE: "task",
      KELT_TASK_IMAGE_PULL_POLICY: "Never",
      KELT_TASK_IMAGE_PULL_SECRETS: "one,two",
      KELT_TASK_RESOURCES: '{"limits":{"cpu":"1"}}',
      KELT_TASK_POD: '{"serviceAccountName":"tasks","tolerations":[{"operator":"Exists"}]}',
      KELT_TASK_HUB_URL: "https://mirror.example/hub",
      KELT_JOB_TTL: "90m",
      KELT_POD_CHECK: "owner",
      KELT_REPORT_PORT: "9443",
      KELT_REPORT_SERVICE: "kelt-report",
      KELT_POD_IP: "10.1.2.3",
      KELT_SEAL_KEY_FILE: "/key",
    }),
  ).toEqual({
    namespace: "ops",
    identity: "kelt-0",
    watchNamespaces: ["a", "b", "c"],
    logLevel: "debug",
    metricsPort: 0,
    metricsPipelines: 5,
    apiQps: 2.5,
    apiBurst: 7,
    apiNamespaceQps: 1.5,
    apiNamespaceBurst: 5,
    workers: 3,
    namespaceNodes: 200,
    podCheck: "owner",
    sealKeyFile: "/key",
    report: { port: 9443, hosts: ["10.1.2.3", "kelt-report.ops.svc"] },
    taskPods: {
      image: "task",
      imagePullPolicy: "Never",
      imagePullSecrets: ["one", "two"],
      resources: { limits: { cpu: "1" } },
      pod: { serviceAccountName: "tasks", tolerations: [{ operator: "Exists" }] },
      network: { allowed: ["127.0.0.1", "10.0.0.0/8"], forbidden: ["fd00::/8"], apiServer: ["10.96.0.1"] },
      hubUrl: "https://mirror.example/hub",
      jobTtlSeconds: 5400,
    },
  });
});

test("an empty variable counts as absent, as a chart leaves it", () => {
  const empty = { KELT_WORKERS: "", KELT_TASK_POD: "", KELT_TASK_RESOURCES: "", KELT_WATCH_NAMESPACES: "" };
  expect(readSettings({ ...MINIMAL, ...empty })).toEqual(readSettings(MINIMAL));
});

test("tasks get no channel where it is switched off, or where there is no address to name", () => {
  const known = { ...MINIMAL, KELT_POD_IP: "10.1.2.3", KELT_REPORT_SERVICE: "" };
  expect(readSettings(known).report).toEqual({ port: 8443, hosts: ["10.1.2.3"] });
  expect(readSettings({ ...known, KELT_REPORT_ENABLED: "false" }).report).toBeUndefined();
  expect(readSettings(MINIMAL).report).toBeUndefined();
});

test.each([
  ["KELT_LOG_LEVEL", "loud"],
  ["KELT_REPORT_PORT", "65536"],
  ["KELT_REPORT_ENABLED", "yes"],
  ["KELT_METRICS_PORT", "http"],
  ["KELT_METRICS_PORT", "65536"],
  ["KELT_API_QPS", "0"],
  ["KELT_METRICS_PIPELINES", "1"],
  ["KELT_API_BURST", "1.5"],
  ["KELT_API_NAMESPACE_QPS", "0"],
  ["KELT_API_NAMESPACE_BURST", "1.5"],
  ["KELT_WORKERS", "0"],
  ["KELT_WORKERS", "1000"],
  ["KELT_TASK_IMAGE_PULL_POLICY", "Sometimes"],
  ["KELT_TASK_RESOURCES", "{limits:"],
  ["KELT_TASK_RESOURCES", '{"limit":{}}'],
  ["KELT_TASK_RESOURCES", '{"limits":{"memory":"half"}}'],
  ["KELT_TASK_RESOURCES", '{"limits":{"cpu":0.5}}'],
  ["KELT_TASK_POD", '{"priorityClassName":"system-node-critical"}'],
  ["KELT_TASK_POD", '{"securityContext":{"runAsUser":0}}'],
  ["KELT_TASK_POD", '{"hostNetwork":true}'],
  ["KELT_JOB_TTL", "an hour"],
  ["KELT_JOB_TTL", "1s"],
])("%s=%s is refused by its name", (name, value) => {
  expect(() => readSettings({ ...MINIMAL, [name]: value })).toThrow(
    new RegExp(`^the operator's environment is wrong: ${name}[.:][^;]*$`),
  );
});

test("everything that is wrong is said at once, the missing image among it", () => {
  const read = () => readSettings({ KELT_WORKERS: "none", KELT_JOB_TTL: "soon", KELT_TASK_RESOURCES: "x" });
  expect(read).toThrow(/KELT_WORKERS: .*KELT_TASK_IMAGE: .*KELT_TASK_RESOURCES: expected JSON.*KELT_JOB_TTL: /);
});

test("a refusal does not repeat what a variable held", () => {
  expect(() => readSettings({ ...MINIMAL, KELT_JOB_TTL: "hunter2", KELT_TASK_RESOURCES: '{"hunter2' })).not.toThrow(
    "hunter2",
  );
});

test.each(["10.0.0.0/33", "10.0.0", "example.com", "::1/200"])("%s is no subnet", (subnet) => {
  expect(() => readSettings({ ...MINIMAL, KELT_TASK_NETWORK_ALLOWED: subnet })).toThrow("KELT_TASK_NETWORK_ALLOWED");
});
