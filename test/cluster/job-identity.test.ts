import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Seal } from "../../operator/controllers/jobs/seal.ts";
import { differences } from "../../operator/kinds/fingerprint.ts";
import { project } from "../../operator/kinds/kinds.ts";
import type { Job, Pod } from "../../operator/kinds/objects.ts";
import type { NewObject } from "../../operator/kube/kube.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { type RealJob, realJobs } from "../support/cluster/real-jobs.ts";
import { RUN_UID } from "../support/manifests/make.ts";

const NAMESPACE = `kelt-identity-${randomBytes(4).toString("hex")}`;
const settings = {
  image: "kelt/task:1",
  imagePullPolicy: "IfNotPresent",
  imagePullSecrets: ["registry"],
  resources: { requests: { cpu: "50m", memory: "128Mi" }, limits: { memory: "512Mi" } },
  jobTtlSeconds: 60,
} as const;
const JOBS = realJobs(NAMESPACE, settings);
const seal = new Seal(Buffer.alloc(32, "key"));
const claimOf = ({ node }: RealJob) => ({ namespace: NAMESPACE, owner: RUN_UID, node, attempt: 1 });
const sealed = (real: RealJob) => seal.put(claimOf(real), real.job as unknown as NewObject);

beforeAll(() => {
  mustKubectl(["create", "namespace", NAMESPACE]);
});
afterAll(() => {
  kubectl(["delete", "namespace", NAMESPACE, "--wait=false"]);
});

test("there are Jobs of every verb", () => {
  expect(JOBS.length).toBeGreaterThan(20);
});

test.each(JOBS.map((real) => [real.of, real] as const))(
  "the seal of %s holds with what the API server fills in",
  (_, real) => {
    const stored = mustKubectl(["create", "--dry-run=server", "-o", "json", "-f", "-"], sealed(real));
    expect(seal.holds(claimOf(real), project("Job", JSON.parse(stored) as Job))).toBe(true);
  },
);

test.each(["container", "fanned-out"])(
  "the pods that the Job controller makes of node %s do what their Job says",
  async (node) => {
    const real = JOBS.find((one) => one.node === node) ?? expect.fail(node);
    const { metadata, spec } = real.job;
    // The account that every namespace has, and that admission fills in where it is switched on.
    const pod = { ...spec?.template.spec, serviceAccountName: "default" };
    const job = {
      ...real.job,
      metadata: { ...metadata, name: `${node}-1` },
      spec: { ...spec, template: { ...spec?.template, spec: pod } },
    };
    const stored = JSON.parse(mustKubectl(["create", "-o", "json", "-f", "-"], job)) as Job;
    const pods = await podsOf(stored);
    const template = project("Job", stored).spec?.fingerprint?.pod ?? expect.fail();
    for (const one of pods) {
      const found = project("Pod", one).spec?.fingerprint ?? expect.fail();
      expect(differences(template, found)).toEqual([]);
    }
  },
);

async function podsOf({ metadata }: Job): Promise<readonly Pod[]> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const selector = `--selector=batch.kubernetes.io/controller-uid=${metadata.uid}`;
    const { items } = JSON.parse(mustKubectl(["get", "pods", "-n", NAMESPACE, selector, "-o", "json"])) as {
      items: Pod[];
    };
    if (items.length > 0) return items;
    if (Date.now() > deadline) throw new Error(`Job ${metadata.name} has made no pod within a minute`);
    await sleep(200);
  }
}

describe("what identity rests on: Kubernetes' role edit", () => {
  const EDITOR = `--as=system:serviceaccount:${NAMESPACE}:editor`;
  beforeAll(() => {
    mustKubectl(["create", "serviceaccount", "editor", "-n", NAMESPACE]);
    const binding = ["create", "rolebinding", "editor", "--clusterrole=edit", `--serviceaccount=${NAMESPACE}:editor`];
    mustKubectl([...binding, "-n", NAMESPACE]);
  });
  const may = (verb: string, what: string, ...more: readonly string[]) =>
    kubectl(["auth", "can-i", verb, what, "-n", NAMESPACE, EDITOR, ...more]).stdout.trim();

  test.each(["jobs.batch", "pods", "pipelineruns.kelt.dev", "connections.kelt.dev"])(
    "may not write the status of %s",
    (what) => {
      expect(["patch", "update"].map((verb) => may(verb, what, "--subresource=status"))).toEqual(["no", "no"]);
    },
  );

  test("may make and change Jobs and Pods, which is why they are proven", () => {
    expect(["create", "patch", "delete"].map((verb) => [may(verb, "jobs.batch"), may(verb, "pods")])).toEqual([
      ["yes", "yes"],
      ["yes", "yes"],
      ["yes", "yes"],
    ]);
  });
});
