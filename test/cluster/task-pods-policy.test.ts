import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobName, testJobName } from "../../operator/job/names.ts";
import { helmTemplate } from "../support/cluster/chart.ts";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";

/** The policies are the cluster's: they look at this one namespace alone. */
const NAME = `kelt-pods-${randomBytes(4).toString("hex")}`;
const EDITOR = `--as=system:serviceaccount:${NAME}:editor`;
const CONTROLLER = "--as=system:serviceaccount:kube-system:job-controller";
const installed = helmTemplate(
  `--namespace=${NAME}-system`,
  `--set=fullnameOverride=${NAME},admissionPolicy.pods.enabled=true,watchNamespaces={${NAME}}`,
  "--show-only=templates/task-pods-policy.yaml",
).stdout;

const container = { name: "task", image: "registry.invalid/task:1" };
const owner = { apiVersion: "batch/v1", kind: "Job", name: "run-a-a1", uid: "11111111-2222-3333-4444-555555555555" };
const aPod = (name: string, metadata: object) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name, namespace: NAME, ...metadata },
  spec: { containers: [container], restartPolicy: "Never", automountServiceAccountToken: false },
});
const LABELLED = { labels: { "kelt.dev/run-uid": "run" } };
const OWNED = { ownerReferences: [{ ...owner, controller: true }] };
const OTHER_POD = "web-6d4cf56db6-x7k2p";
const TASK_POD = "run-a-a1-x7k2p";

const tryToCreate = (pod: object, ...as: readonly string[]) =>
  kubectl(["create", "--dry-run=server", "-f", "-", ...as], pod).text;

beforeAll(async () => {
  mustKubectl(["create", "namespace", NAME]);
  for (const name of ["editor", "default"]) kubectl(["create", "serviceaccount", name, "-n", NAME]);
  mustKubectl(["create", "rolebinding", "editor", "--clusterrole=edit", `--serviceaccount=${NAME}:editor`, "-n", NAME]);
  mustKubectl(["apply", "-f", "-"], installed);
  const deadline = Date.now() + 60_000;
  while (!tryToCreate(aPod("forged", LABELLED), EDITOR).includes("Job controller")) {
    if (Date.now() > deadline) throw new Error(`not refused: ${tryToCreate(aPod("forged", LABELLED), EDITOR)}`);
    await sleep(200);
  }
  mustKubectl(["create", "-f", "-"], aPod(TASK_POD, LABELLED));
  mustKubectl(["create", "-f", "-"], aPod(OTHER_POD, {}));
});

afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "-f", "-"], installed);
  kubectl(["delete", "namespace", NAME, "--wait=false"]);
});

describe("whoever has the role edit", () => {
  test.each([
    ["with a run's label", LABELLED],
    ["with a Job as its owner", OWNED],
  ])("makes no pod %s", (_, metadata) => {
    expect(tryToCreate(aPod("forged", metadata), EDITOR)).toContain("made by Kubernetes' Job controller");
  });

  test("makes other pods", () => {
    expect(tryToCreate(aPod("other", {}), EDITOR)).toContain("created (server dry run)");
  });

  test.each([
    ["another image", { spec: { containers: [{ ...container, image: "evil" }] } }],
    ["without its label", { metadata: { labels: { "kelt.dev/run-uid": null } } }],
  ])("does not give a task pod %s", (_, patch) => {
    const { ok, text } = kubectl(["patch", "pod", TASK_POD, "-n", NAME, "-p", JSON.stringify(patch), EDITOR]);
    expect(ok).toBe(false);
    expect(text).toContain("task pods are changed by Kubernetes alone");
  });

  test("does not make a pod of its own a task pod", () => {
    const { text } = kubectl(["label", "pod", OTHER_POD, "-n", NAME, "kelt.dev/run-uid=run", EDITOR]);
    expect(text).toContain("task pods are changed by Kubernetes alone");
  });

  const shell = (pod: string, verb = "exec") =>
    kubectl(["create", "--raw", `/api/v1/namespaces/${NAME}/pods/${pod}/${verb}?command=sh`, "-f", "-", EDITOR]).text;
  const NO_SHELL = "nobody opens a shell in a task pod";

  test.each([
    ["a task", TASK_POD],
    ["a part of a fan-out", `${jobName("run", "raw-a", 12)}-3-x7k2p`],
    ["a run with a dot in its name", `${jobName("run.1", "raw", 1)}-x7k2p`],
    ["a run with a long name", `${jobName("r".repeat(100), "raw", 1)}-x7k2p`],
    ["a part of a run with a long name", `${jobName("r".repeat(100), "raw", 1)}-12-x7k2p`],
    ["a connection's test", `${testJobName("warehouse", "0123456789")}-x7k2p`],
  ])("has no shell in the pod of %s", (_, pod) => {
    expect([shell(pod), shell(pod, "attach")]).toEqual([
      expect.stringContaining(NO_SHELL),
      expect.stringContaining(NO_SHELL),
    ]);
  });

  test.each([OTHER_POD, "warehouse-0", "web-6d4cf56db6-bcdfg", "etl-a1"])("has one in other pods (%s)", (pod) => {
    expect(shell(pod)).not.toContain(NO_SHELL);
  });
});

test("the Job controller makes the pods of Jobs", () => {
  const group = ["--as-group=system:serviceaccounts", "--as-group=system:serviceaccounts:kube-system"];
  expect(tryToCreate(aPod("made", { ...LABELLED, ...OWNED }), CONTROLLER, ...group)).not.toContain("denied request");
});

test("pods of other namespaces are nobody's business", () => {
  const pod = { ...aPod("forged", LABELLED), metadata: { name: "forged", namespace: "default", ...LABELLED } };
  expect(tryToCreate(pod)).toContain("created (server dry run)");
});
