import { describe, expect, test } from "vitest";
import { mergePod } from "#api/pod.ts";
import { Seal } from "../../../operator/controllers/jobs/seal.ts";
import { validatePipeline } from "../../../operator/graph/validate.ts";
import { connectionJobOf } from "../../../operator/job/connection-job.ts";
import { jobOf, type TaskPodSettings } from "../../../operator/job/job.ts";
import type { NewObject } from "../../../operator/kube/kube.ts";
import { restrictedViolations } from "../../support/cluster/pod-security.ts";
import { RUN_UID } from "../../support/manifests/make.ts";
import { EVERY_SETTING, everythingUsed } from "../../support/manifests/pod-settings.ts";

const SETTINGS: TaskPodSettings = {
  image: "registry.example/kelt/task:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: ["kelt"],
  resources: {},
  jobTtlSeconds: 3600,
};

function theJob(spec = everythingUsed(), { node = "score", settings = SETTINGS } = {}) {
  const run = { namespace: "demo", name: "films-1", uid: RUN_UID };
  return jobOf({ run, pipeline: "films", spec, node, attempt: 1 }, settings);
}

const podOf = (...args: Parameters<typeof theJob>) => theJob(...args).spec?.template.spec ?? expect.fail("no pod");
const nodeWith = (pod: object) => everythingUsed(pod);

test("the example of every setting is a valid pipeline", () => {
  const validation = validatePipeline(everythingUsed());
  expect(validation.ok ? [] : validation.problems).toEqual([]);
});

test.each(["score", "raw"])("every setting arrives in the pod of %s as it is written", (node) => {
  const { labels, annotations, env, imagePullSecrets, securityContext, ...rest } = EVERY_SETTING;
  const { template } = theJob(everythingUsed(), { node }).spec ?? expect.fail("no spec");
  expect(template.metadata?.labels).toMatchObject(labels);
  expect(template.metadata?.annotations).toEqual({
    ...annotations,
    "kubectl.kubernetes.io/default-container": "task",
  });
  expect(template.spec).toMatchObject(rest);
  expect(template.spec?.imagePullSecrets).toEqual([{ name: "kelt" }, ...imagePullSecrets]);
  expect(template.spec?.securityContext).toEqual({
    ...securityContext,
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(template.spec?.containers[0]?.env).toEqual(expect.arrayContaining([...env]));
});

test("labels and annotations stand on the Job too, beside those of kelt", () => {
  const { metadata } = theJob();
  expect(metadata?.labels).toMatchObject({ ...EVERY_SETTING.labels, "kelt.dev/run": "films-1" });
  expect(metadata?.annotations).toEqual(EVERY_SETTING.annotations);
});

test.each(["score", "raw"])(
  "whatever is set, a pod of %s is restricted, cannot write to its image and has no token",
  (node) => {
    expect(restrictedViolations(JSON.parse(JSON.stringify(podOf(everythingUsed(), { node }))))).toEqual([]);
    expect(podOf(everythingUsed(), { node })).toMatchObject({
      automountServiceAccountToken: false,
      restartPolicy: "Never",
    });
  },
);

test("a setting cannot take the place of what kelt writes", () => {
  const pod = {
    labels: { "kelt.dev/run-uid": "another" },
    annotations: { "kelt.dev/seal": "another" },
    env: [{ name: "KELT_TASK", value: "{}" }],
  };
  const job = theJob(nodeWith(pod), { node: "raw" });
  expect(job.metadata?.labels?.["kelt.dev/run-uid"]).toBe(RUN_UID);
  expect(job.spec?.template.metadata?.labels?.["kelt.dev/run-uid"]).toBe(RUN_UID);
  const claim = { namespace: "demo", owner: RUN_UID, node: "raw", attempt: 1 };
  const sealed = new Seal(Buffer.alloc(32, "key")).put(claim, job as unknown as NewObject);
  expect(sealed.metadata.annotations).not.toMatchObject({ "kelt.dev/seal": "another" });
  const { env = [] } = job.spec?.template.spec?.containers[0] ?? {};
  expect(env.filter(({ name }) => name === "KELT_TASK").map(({ value }) => value)).not.toContain("{}");
});

describe("a container of the user's own", () => {
  test("has the files of its connections where kelt's verbs have them, and is told what the manifest says of them", () => {
    const { volumes, containers } = podOf();
    expect(volumes).toContainEqual({
      name: "connection-warehouse",
      secret: { secretName: "warehouse", optional: true, defaultMode: 0o440 },
    });
    expect(containers[0]?.volumeMounts).toContainEqual({
      name: "connection-seeds",
      mountPath: "/var/run/kelt/connections/seeds",
      readOnly: true,
    });
    const said = containers[0]?.env?.find(({ name }) => name === "KELT_CONNECTIONS")?.value ?? "";
    expect(JSON.parse(said)).toEqual({
      warehouse: {
        kind: "postgres",
        secretName: "warehouse",
        secretDirectory: "/var/run/kelt/connections/warehouse",
        host: "db",
      },
      seeds: { kind: "files", directory: "/var/run/kelt/connections/seeds", configMap: "seeds" },
    });
  });

  test("has its volumes where it mounts them", () => {
    const { volumes, containers } = podOf();
    const { container } = everythingUsed().nodes.score ?? expect.fail("no node");
    expect(volumes).toEqual(expect.arrayContaining(container?.volumes ?? []));
    expect(containers[0]?.volumeMounts).toEqual(expect.arrayContaining(container?.volumeMounts ?? []));
  });

  test.each(["/tmp", "/tmp/"])("has its own volume at %s where it mounts one, and no other there", (mountPath) => {
    const spec = everythingUsed();
    const node = spec.nodes.score ?? expect.fail("no node");
    const volumeMounts = [{ name: "cache", mountPath }];
    const own = { ...spec, nodes: { score: { ...node, container: { ...node.container, volumeMounts } } } };
    const { containers } = podOf(own);
    const atTmp = containers[0]?.volumeMounts?.filter((mount) => mount.mountPath.startsWith("/tmp"));
    expect(atTmp).toEqual(volumeMounts);
  });

  test("its own variables win over those of the pipeline and keep the dollar signs they have", () => {
    const env = [
      { name: "LANG", value: "$(A)" },
      { name: "MODE", value: "$(B)" },
    ];
    const found = podOf({ ...everythingUsed({}), pod: { env } }).containers[0]?.env;
    expect(found).toEqual(
      expect.arrayContaining([
        { name: "LANG", value: "C.UTF-8" },
        { name: "MODE", value: "$$(B)" },
      ]),
    );
    expect(found?.filter(({ name }) => name === "LANG")).toHaveLength(1);
  });
});

describe("settings of node, pipeline and installation", () => {
  const merged = (node: object, pipeline: object, pod?: object) =>
    podOf(
      { ...everythingUsed(node), pod: pipeline },
      { settings: { ...SETTINGS, ...(pod === undefined ? {} : { pod }) } },
    );

  test("are merged: maps by key, lists of names by name", () => {
    const env = (name: string, value: string) => ({ name, value });
    const node = { nodeSelector: { zone: "a" }, env: [env("A", "node")], imagePullSecrets: [{ name: "three" }] };
    const pipeline = { nodeSelector: { zone: "b", disk: "ssd" }, env: [env("A", "pipeline"), env("B", "pipeline")] };
    const installation = { nodeSelector: { pool: "etl" }, env: [env("B", "all"), env("C", "all")] };
    const pod = merged(node, pipeline, installation);
    expect(pod.nodeSelector).toEqual({ pool: "etl", disk: "ssd", zone: "a" });
    expect(pod.containers[0]?.env).toEqual(
      expect.arrayContaining([env("A", "node"), env("B", "pipeline"), env("C", "all")]),
    );
    expect(pod.imagePullSecrets).toEqual([{ name: "kelt" }, { name: "three" }]);
  });

  test("are merged by field where they say whom the pod runs as", () => {
    const installation = { securityContext: { runAsUser: 1, runAsGroup: 1, fsGroup: 1 } };
    const pod = merged({ securityContext: { runAsUser: 3 } }, { securityContext: { fsGroup: 2 } }, installation);
    expect(pod.securityContext).toMatchObject({ runAsUser: 3, runAsGroup: 1, fsGroup: 2 });
  });

  test("of all other fields the nearest stands as a whole, an empty list too", () => {
    const all = { tolerations: [{ operator: "Exists" }], affinity: EVERY_SETTING.affinity, priorityClassName: "low" };
    const node = { tolerations: [], affinity: {}, priorityClassName: "high" };
    expect(merged(node, {}, all)).toMatchObject(node);
    expect(merged({}, node, all)).toMatchObject(node);
    expect(merged({}, {}, all)).toMatchObject(all);
  });

  test("a field that is there and undefined says nothing", () => {
    expect(mergePod({ priorityClassName: undefined, env: undefined }, { priorityClassName: "low" })).toEqual({
      priorityClassName: "low",
    });
  });

  test("leave out whom the pod runs as where the cluster decides that", () => {
    expect(merged({}, {}, {}).securityContext).toEqual({
      runAsNonRoot: true,
      seccompProfile: { type: "RuntimeDefault" },
    });
  });

  test("give way to the account of a connection", () => {
    const spec = everythingUsed({});
    const lake = { s3: { bucket: "lake", region: "eu", serviceAccountName: "lake-reader" } };
    const node = { ...spec.nodes.score, container: { connections: ["lake"] } } as (typeof spec.nodes)[string];
    const withLake = { ...spec, connections: { lake }, pod: { serviceAccountName: "tasks" }, nodes: { score: node } };
    expect(podOf(withLake).serviceAccountName).toBe("lake-reader");
  });
});

test("the test of a Connection runs where the installation says", () => {
  const meta = { namespace: "demo", name: "warehouse", uid: RUN_UID };
  const { labels, annotations, nodeSelector, tolerations, affinity } = EVERY_SETTING;
  const pod = { labels: { ...labels }, annotations: { ...annotations }, nodeSelector, tolerations: [...tolerations] };
  const job = connectionJobOf({ meta, spec: { postgres: {} }, number: 1 }, { ...SETTINGS, pod });
  expect(job.spec?.template.spec).toMatchObject({ nodeSelector, tolerations });
  expect(job.spec?.template.spec).not.toMatchObject({ affinity });
  expect(job.spec?.template.metadata).toMatchObject({ labels, annotations });
  expect(restrictedViolations(JSON.parse(JSON.stringify(job.spec?.template.spec)))).toEqual([]);
});
