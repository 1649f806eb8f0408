import { describe, expect, test } from "vitest";
import { PipelineSpec } from "#api/pipeline.ts";
import { CONTRACT_VERSION, NODE_SPEC_BYTES_MAX, TASK_SPEC_ENV, TaskSpec } from "#api/task.ts";
import { type Attempt, jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import { restrictedViolations } from "../../support/cluster/pod-security.ts";
import { RUN_UID } from "../../support/manifests/make.ts";

const SETTINGS: TaskPodSettings = {
  image: "registry.example/kelt/task:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: [],
  resources: { requests: { cpu: "50m" }, limits: { memory: "512Mi" } },
  jobTtlSeconds: 3600,
};

/** One node of every verb that a task carries out. */
const NODES = {
  extract: { extract: { from: { connection: "source", tables: ["films"] }, to: { directory: "out" } } },
  load: { load: { from: { connection: "source", tables: ["films"] }, to: { connection: "warehouse", schema: "raw" } } },
  transform: { transform: { connection: "warehouse", schema: "a", project: { configMap: "models" }, vars: { x: 1 } } },
  test: { test: { connection: "warehouse", checks: [{ table: "a.t", unique: ["id"] }] } },
} as const;

function anAttempt(node: object, more: Partial<Attempt> = {}): Attempt {
  const spec = PipelineSpec.parse({
    connections: {
      source: { postgres: { secretRef: "films-source", host: "db", port: 5433 } },
      warehouse: { postgres: { secretRef: "films-warehouse" } },
      unused: { postgres: { secretRef: "not-for-this-node" } },
    },
    nodes: { raw: node },
  });
  const run = { namespace: "demo", name: "films-1", uid: RUN_UID };
  return { run, pipeline: "films", spec, node: "raw", attempt: 1, ...more };
}

const podOf = (node: object, settings: TaskPodSettings = SETTINGS) =>
  jobOf(anAttempt(node), settings).spec?.template.spec ?? expect.fail("no pod");
const containerOf = (node: object, settings = SETTINGS) =>
  podOf(node, settings).containers[0] ?? expect.fail("no container");
const taskOf = (node: object, settings = SETTINGS) => {
  const value = containerOf(node, settings).env?.find(({ name }) => name === TASK_SPEC_ENV)?.value ?? "";
  return JSON.parse(value.replaceAll("$$", "$")) as unknown;
};

test("the Job of a load is, in full", () => {
  const labels = {
    "app.kubernetes.io/managed-by": "kelt",
    "kelt.dev/pipeline": "films",
    "kelt.dev/run": "films-1",
    "kelt.dev/run-uid": RUN_UID,
    "kelt.dev/node": "raw",
    "kelt.dev/attempt": "1",
  };
  const secret = (name: string) => ({ secretName: `films-${name}`, optional: true, defaultMode: 0o440 });
  expect(jobOf(anAttempt({ ...NODES.load, attemptTimeout: "90s" }), SETTINGS)).toEqual({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: "films-1-raw-a1",
      namespace: "demo",
      labels,
      ownerReferences: [
        { apiVersion: "kelt.dev/v1alpha1", kind: "PipelineRun", name: "films-1", uid: RUN_UID, controller: true },
      ],
    },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: "Failed",
      podFailurePolicy: expect.anything(),
      ttlSecondsAfterFinished: 3600,
      activeDeadlineSeconds: 90,
      template: {
        metadata: { labels, annotations: { "kubectl.kubernetes.io/default-container": "task" } },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          securityContext: expect.anything(),
          containers: [
            {
              name: "task",
              image: "registry.example/kelt/task:1",
              imagePullPolicy: "IfNotPresent",
              env: [{ name: TASK_SPEC_ENV, value: expect.any(String) }],
              volumeMounts: [
                { name: "work", mountPath: "/var/run/kelt/work" },
                { name: "tmp", mountPath: "/tmp" },
                { name: "connection-source", mountPath: "/var/run/kelt/connections/source", readOnly: true },
                { name: "connection-warehouse", mountPath: "/var/run/kelt/connections/warehouse", readOnly: true },
              ],
              resources: { requests: { cpu: "50m" }, limits: { memory: "512Mi" } },
              securityContext: expect.anything(),
              terminationMessagePolicy: "File",
            },
          ],
          volumes: [
            { name: "work", emptyDir: { sizeLimit: "10Gi" } },
            { name: "tmp", emptyDir: { sizeLimit: "1Gi" } },
            { name: "connection-source", secret: secret("source") },
            { name: "connection-warehouse", secret: secret("warehouse") },
          ],
        },
      },
    },
  });
});

describe("whatever a node does", () => {
  const all = { ...NODES, container: { container: { image: "busybox", command: ["sh"], env: { A: "b" } } } };

  test.each(Object.entries(all))("a pod of %s is restricted, cannot write to its image and has no token", (_, node) => {
    expect(restrictedViolations(JSON.parse(JSON.stringify(podOf(node))))).toEqual([]);
  });

  test.each(Object.entries(all))("the Job of %s is the same each time", (_, node) => {
    expect(jobOf(anAttempt(node), SETTINGS)).toEqual(jobOf(anAttempt(node), SETTINGS));
  });

  test.each(Object.entries(NODES))("the task of %s is told what the contract says", (verb, node) => {
    const said = TaskSpec.parse(taskOf(node));
    expect(said).toMatchObject({
      version: CONTRACT_VERSION,
      run: { namespace: "demo", pipeline: "films", name: "films-1", uid: RUN_UID },
      node: "raw",
      attempt: 1,
      work: { verb, ...node },
    });
  });

  test.each(Object.entries(all))("a pod of %s reads Secrets as files alone, and only those it needs", (_, node) => {
    const { env = [], ...container } = containerOf(node);
    expect(container).not.toHaveProperty("envFrom");
    expect(env.filter((variable) => variable.valueFrom !== undefined)).toEqual([]);
    const secrets = (podOf(node).volumes ?? []).flatMap(({ secret }) => (secret === undefined ? [] : [secret]));
    expect(secrets.map(({ secretName }) => secretName)).not.toContain("not-for-this-node");
    expect(secrets.every(({ optional }) => optional === true)).toBe(true);
  });
});

describe("a task's connection", () => {
  test("names the Secret and where its files lie; options of the manifest come along", () => {
    expect(TaskSpec.parse(taskOf(NODES.load)).connections).toEqual({
      source: {
        kind: "postgres",
        secretName: "films-source",
        secretDirectory: "/var/run/kelt/connections/source",
        host: "db",
        port: 5433,
      },
      warehouse: {
        kind: "postgres",
        secretName: "films-warehouse",
        secretDirectory: "/var/run/kelt/connections/warehouse",
      },
    });
  });

  test("no Secret is named where the manifest names none", () => {
    const attempt = anAttempt(NODES.test);
    const spec = { ...attempt.spec, connections: { warehouse: { postgres: { host: "db" } } } };
    const pod = jobOf({ ...attempt, spec }, SETTINGS).spec?.template.spec;
    expect(pod?.volumes?.map(({ name }) => name)).toEqual(["work", "tmp"]);
    expect(JSON.parse(pod?.containers[0]?.env?.[0]?.value ?? "")).toMatchObject({
      connections: { warehouse: { kind: "postgres", host: "db" } },
    });
  });
});

describe("a container of the user's own", () => {
  const own = { container: { image: "busybox", command: ["sh", "-c"], args: ["env"], env: { A: "b" } } };

  test("runs as it is written and is told nothing of kelt's", () => {
    expect(containerOf(own)).toMatchObject({
      image: "busybox",
      command: ["sh", "-c"],
      args: ["env"],
      env: [{ name: "A", value: "b" }],
    });
  });

  test("runs in the task image when it names none", () => {
    expect(containerOf({ container: { command: ["/bin/true"] } }).image).toBe(SETTINGS.image);
  });
});

describe("a connection that names a service account", () => {
  const spec = (s3: object) => ({
    connections: { lake: { s3: { bucket: "lake", ...s3 } }, warehouse: { postgres: { secretRef: "w" } } },
    nodes: {
      raw: {
        load: { from: { connection: "lake", files: { t: "t.csv" } }, to: { connection: "warehouse", schema: "raw" } },
      },
      quality: NODES.test,
    },
  });
  const pod = (s3: object, node: string) => {
    const attempt = { ...anAttempt(NODES.test), spec: PipelineSpec.parse(spec(s3)), node };
    return jobOf(attempt, { ...SETTINGS, pod: { serviceAccountName: "tasks" } }).spec?.template.spec;
  };
  const role = { serviceAccountName: "lake-reader" };

  test("has its Jobs run as that account, still without its token, and tells the task its name", () => {
    const { env } = pod(role, "raw")?.containers[0] ?? expect.fail("no container");
    expect(pod(role, "raw")).toMatchObject({ serviceAccountName: "lake-reader", automountServiceAccountToken: false });
    expect(restrictedViolations(JSON.parse(JSON.stringify(pod(role, "raw"))))).toEqual([]);
    expect(TaskSpec.parse(JSON.parse(env?.[0]?.value ?? "")).connections.lake).toEqual({
      kind: "s3",
      bucket: "lake",
      region: "us-east-1",
      serviceAccountName: "lake-reader",
    });
  });

  test("leaves other nodes and other connections with the installation's account", () => {
    expect(pod(role, "quality")).toMatchObject({ serviceAccountName: "tasks" });
    expect(pod({ secretRef: "keys" }, "raw")).toMatchObject({ serviceAccountName: "tasks" });
  });
});

describe("settings of the installation", () => {
  test("stand in every pod", () => {
    const settings: TaskPodSettings = {
      ...SETTINGS,
      imagePullPolicy: "Always",
      imagePullSecrets: ["one", "two"],
      pod: { serviceAccountName: "tasks", priorityClassName: "low" },
    };
    expect(podOf(NODES.load, settings)).toMatchObject({
      imagePullSecrets: [{ name: "one" }, { name: "two" }],
      serviceAccountName: "tasks",
      priorityClassName: "low",
      automountServiceAccountToken: false,
      containers: [{ imagePullPolicy: "Always" }],
    });
  });

  test("give the amounts of compute that neither the node nor its pipeline says", () => {
    const node = { ...NODES.load, resources: { limits: { cpu: 2 } } };
    expect(containerOf(node).resources).toEqual({ requests: { cpu: "50m" }, limits: { cpu: "2", memory: "512Mi" } });
  });
});

test.each([
  ["500ms", 1],
  ["90s", 90],
  ["1500ms", 2],
  ["99999999999999999999999d", 3_155_760_000],
])("attemptTimeout %s becomes a deadline of whole seconds that Kubernetes can hold", (attemptTimeout, seconds) => {
  expect(jobOf(anAttempt({ ...NODES.load, attemptTimeout }), SETTINGS).spec?.activeDeadlineSeconds).toBe(seconds);
});

test("labels hold names that are longer than a label may be", () => {
  const attempt = anAttempt(NODES.load);
  const run = { ...attempt.run, name: "r".repeat(253) };
  const job = jobOf({ ...attempt, run }, SETTINGS);
  const values = Object.values(job.metadata?.labels ?? {});
  expect(values.filter((value) => value.length > 63 || !/^[\w.-]+$/.test(value))).toEqual([]);
  expect(job.metadata?.labels).toMatchObject({ "kelt.dev/run-uid": RUN_UID });
});

test("the longest node that validation lets through fits into one environment variable of the kernel", () => {
  const table = "t".repeat(127);
  const connection = "c".repeat(40);
  const spec = PipelineSpec.parse({
    connections: {
      [connection]: { postgres: { secretRef: "s".repeat(253), host: "h".repeat(253), database: "d".repeat(63) } },
    },
    nodes: { raw: { test: { connection, checks: [{ table, sql: "$".repeat(8192) }] } } },
  });
  const rest = NODE_SPEC_BYTES_MAX - Buffer.byteLength(JSON.stringify(spec.nodes.raw));
  const value =
    jobOf(anAttempt(NODES.test, { spec }), SETTINGS).spec?.template.spec?.containers[0]?.env?.[0]?.value ?? "";
  const bytes = Buffer.byteLength(`${TASK_SPEC_ENV}=${value.replaceAll("$$", "$")}`) + rest;
  expect(bytes).toBeLessThan(128 * 1024);
});

test("an attempt of a node that the run does not have is a fault of ours and says so", () => {
  expect(() => jobOf(anAttempt(NODES.load, { node: "gone" }), SETTINGS)).toThrow("run films-1 has no node gone");
});

test("a bucket's Secret is mounted, and the task learns where it is and never what it says", () => {
  const node = {
    extract: { from: { connection: "source", tables: ["films"] }, to: { connection: "lake", prefix: "raw/" } },
  };
  const spec = PipelineSpec.parse({
    connections: {
      source: { postgres: { host: "db" } },
      lake: { s3: { bucket: "kelt-lake", endpoint: "http://store:7070", secretRef: "lake-keys" } },
    },
    nodes: { raw: node },
  });
  const pod = jobOf(anAttempt(node, { spec }), SETTINGS).spec?.template.spec;
  expect(pod?.volumes).toContainEqual({
    name: "connection-lake",
    secret: { secretName: "lake-keys", optional: true, defaultMode: 0o440 },
  });
  const value = pod?.containers[0]?.env?.find(({ name }) => name === TASK_SPEC_ENV)?.value ?? "";
  expect(TaskSpec.parse(JSON.parse(value)).connections).toEqual({
    source: { kind: "postgres", host: "db" },
    lake: {
      kind: "s3",
      bucket: "kelt-lake",
      endpoint: "http://store:7070",
      region: "us-east-1",
      secretName: "lake-keys",
      secretDirectory: "/var/run/kelt/connections/lake",
    },
  });
});

test.each([
  [{ configMap: "seeds" }, { configMap: { name: "seeds", optional: true } }],
  [{ persistentVolumeClaim: "drop" }, { persistentVolumeClaim: { claimName: "drop", readOnly: true } }],
])("a load of files mounts %j read-only and is told where", (files, source) => {
  const spec = PipelineSpec.parse({
    connections: { seeds: { files }, warehouse: { postgres: {} } },
    nodes: {
      raw: {
        load: {
          from: { connection: "seeds", files: { titles: "titles.csv" } },
          to: { connection: "warehouse", schema: "raw" },
        },
      },
    },
  });
  const run = { namespace: "demo", name: "r", uid: "u" };
  const job = jobOf({ run, pipeline: "p", spec, node: "raw", attempt: 1 }, SETTINGS);
  const pod = job.spec?.template.spec;
  const directory = "/var/run/kelt/connections/seeds";
  expect(pod?.volumes).toContainEqual({ name: "connection-seeds", ...source });
  expect(pod?.containers[0]?.volumeMounts).toContainEqual({
    name: "connection-seeds",
    mountPath: directory,
    readOnly: true,
  });
  const task = JSON.parse(pod?.containers[0]?.env?.[0]?.value ?? "") as { connections: object };
  expect(task.connections).toMatchObject({ seeds: { kind: "files", directory } });
});

test("a load of another node's files is told where their manifest is", () => {
  const spec = PipelineSpec.parse({
    connections: { source: { postgres: {} }, lake: { s3: { bucket: "kelt-lake" } }, warehouse: { postgres: {} } },
    nodes: {
      landed: {
        extract: { from: { connection: "source", tables: ["films"] }, to: { connection: "lake", prefix: "raw/" } },
      },
      raw: { load: { from: { connection: "lake", node: "landed" }, to: { connection: "warehouse", schema: "raw" } } },
    },
  });
  const job = jobOf(anAttempt(spec.nodes.raw ?? {}, { spec }), SETTINGS);
  const value = job.spec?.template.spec?.containers[0]?.env?.find(({ name }) => name === TASK_SPEC_ENV)?.value ?? "";
  expect(TaskSpec.parse(JSON.parse(value)).work).toMatchObject({ verb: "load", manifest: "raw/manifest.json" });
});

test("the installation says where sockets may go, and no manifest has a field for it", () => {
  const network = { allowed: ["127.0.0.1"], forbidden: ["10.9.0.0/16"], apiServer: ["10.96.0.1"] };
  expect(taskOf(NODES.load, { ...SETTINGS, network })).toMatchObject({ network });
  expect(taskOf(NODES.load)).not.toHaveProperty("network");
});
