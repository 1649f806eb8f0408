import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { jobOf } from "../../operator/job/job.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { RUN_UID } from "../support/manifests/make.ts";
import { EVERY_SETTING, everythingUsed } from "../support/manifests/pod-settings.ts";

/** A namespace that enforces the restricted Pod Security Standard, with what the settings name. */
const NAMESPACE = `kelt-pods-${randomBytes(4).toString("hex")}`;
const PRIORITY = NAMESPACE;
const OBJECTS = {
  apiVersion: "v1",
  kind: "List",
  items: [
    {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name: NAMESPACE, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
    },
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "loader", namespace: NAMESPACE } },
    { apiVersion: "scheduling.k8s.io/v1", kind: "PriorityClass", metadata: { name: PRIORITY }, value: 1000 },
  ],
};

function jobFor(node: string) {
  const spec = everythingUsed({ ...EVERY_SETTING, priorityClassName: PRIORITY });
  const run = { namespace: NAMESPACE, name: "films-1", uid: RUN_UID };
  const settings = {
    image: "registry.example/kelt/task:1",
    imagePullPolicy: "IfNotPresent",
    imagePullSecrets: ["kelt"],
    resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
    jobTtlSeconds: 60,
  } as const;
  return jobOf({ run, pipeline: "films", spec, node, attempt: 1 }, settings);
}

const create = (object: unknown) => kubectl(["create", "--dry-run=server", "-o", "json", "-f", "-"], object);

beforeAll(() => mustKubectl(["create", "-f", "-"], OBJECTS));
afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "--wait=false", "namespace", NAMESPACE]);
  mustKubectl(["delete", "--ignore-not-found", "priorityclass", PRIORITY]);
});

test.each(["score", "raw"])(
  "the API server accepts the Job of %s with every setting, and keeps all of them",
  (node) => {
    const job = jobFor(node);
    const { ok, stdout, text } = create(job);
    expect(ok ? "" : text).toBe("");
    const kept = JSON.parse(stdout) as typeof job;
    expect(kept.metadata?.labels).toMatchObject(EVERY_SETTING.labels);
    expect(kept.spec?.template.spec).toMatchObject({
      affinity: EVERY_SETTING.affinity,
      tolerations: EVERY_SETTING.tolerations,
      topologySpreadConstraints: EVERY_SETTING.topologySpreadConstraints,
      priorityClassName: PRIORITY,
      volumes: job.spec?.template.spec?.volumes ?? expect.fail("no volumes"),
    });
  },
);

test.each(["score", "raw"])("a namespace of the standard restricted takes the pod of %s", (node) => {
  const { metadata, spec } = jobFor(node).spec?.template ?? expect.fail("no template");
  const pod = { apiVersion: "v1", kind: "Pod", metadata: { ...metadata, name: "pod", namespace: NAMESPACE }, spec };
  const { ok, text } = create(pod);
  expect(ok ? "" : text).toBe("");
});

test("the API server has users' images pulled by its own rule: always, where the tag is latest", () => {
  const kept = JSON.parse(create(jobFor("score")).stdout) as ReturnType<typeof jobFor>;
  expect(kept.spec?.template.spec?.containers[0]).toMatchObject({
    image: "registry.example/team/score:latest",
    imagePullPolicy: "Always",
  });
});
