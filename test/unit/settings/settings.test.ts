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
    apiQps: 50,
    apiBurst: 100,
    workers: 16,
    taskPods: {
      image: "registry.example/task:1",
      imagePullPolicy: "IfNotPresent",
      imagePullSecrets: [],
      resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
      jobTtlSeconds: 3600,
    },
  });
});

test("every variable is read", () => {
  expect(
    readSettings({
      KELT_NAMESPACE: "ops",
      KELT_POD_NAME: "kelt-0",
      KELT_WATCH_NAMESPACES: "a, b,,c ",
      KELT_LOG_LEVEL: "debug",
      KELT_METRICS_PORT: "0",
      KELT_API_QPS: "2.5",
      KELT_API_BURST: "7",
      KELT_WORKERS: "3",
      KELT_TASK_IMAGE: "task",
      KELT_TASK_IMAGE_PULL_POLICY: "Never",
      KELT_TASK_IMAGE_PULL_SECRETS: "one,two",
      KELT_TASK_RESOURCES: '{"limits":{"cpu":"1"}}',
      KELT_TASK_SERVICE_ACCOUNT: "tasks",
      KELT_TASK_PRIORITY_CLASS: "low",
      KELT_JOB_TTL: "90m",
    }),
  ).toEqual({
    namespace: "ops",
    identity: "kelt-0",
    watchNamespaces: ["a", "b", "c"],
    logLevel: "debug",
    metricsPort: 0,
    apiQps: 2.5,
    apiBurst: 7,
    workers: 3,
    taskPods: {
      image: "task",
      imagePullPolicy: "Never",
      imagePullSecrets: ["one", "two"],
      resources: { limits: { cpu: "1" } },
      serviceAccountName: "tasks",
      priorityClassName: "low",
      jobTtlSeconds: 5400,
    },
  });
});

test("an empty variable counts as absent, as a chart leaves it", () => {
  const empty = { KELT_WORKERS: "", KELT_TASK_SERVICE_ACCOUNT: "", KELT_TASK_RESOURCES: "", KELT_WATCH_NAMESPACES: "" };
  expect(readSettings({ ...MINIMAL, ...empty })).toEqual(readSettings(MINIMAL));
});

test.each([
  ["KELT_LOG_LEVEL", "loud"],
  ["KELT_METRICS_PORT", "http"],
  ["KELT_METRICS_PORT", "65536"],
  ["KELT_API_QPS", "0"],
  ["KELT_API_BURST", "1.5"],
  ["KELT_WORKERS", "0"],
  ["KELT_WORKERS", "1000"],
  ["KELT_TASK_IMAGE_PULL_POLICY", "Sometimes"],
  ["KELT_TASK_RESOURCES", "{limits:"],
  ["KELT_TASK_RESOURCES", '{"limit":{}}'],
  ["KELT_TASK_RESOURCES", '{"limits":{"memory":512}}'],
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
