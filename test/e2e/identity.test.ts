import { afterAll, beforeAll, expect, test } from "vitest";
import { kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import {
  applyPipeline,
  createRun,
  DEMO,
  eventually,
  finishedRun,
  getJson,
  getRun,
  listJson,
  type Run,
  verdictOf,
} from "../support/cluster/kind.ts";

const ELSEWHERE = "kelt-elsewhere";
/** May do in the pipelines' namespace what Kubernetes' role edit allows, and in another one everything. */
const NEIGHBOUR = "neighbour";
const AS_NEIGHBOUR = `--as=system:serviceaccount:${DEMO}:${NEIGHBOUR}`;
const account = `--serviceaccount=${DEMO}:${NEIGHBOUR}`;

beforeAll(() => {
  mustKubectl(["create", "namespace", ELSEWHERE]);
  mustKubectl(["create", "serviceaccount", NEIGHBOUR, "-n", DEMO]);
  mustKubectl(["create", "rolebinding", NEIGHBOUR, "--clusterrole=edit", account, "-n", DEMO]);
  mustKubectl(["create", "rolebinding", NEIGHBOUR, "--clusterrole=admin", account, "-n", ELSEWHERE]);
});

afterAll(() => {
  for (const name of [
    "pipeline/robbed",
    "pipeline/deceived",
    `rolebinding/${NEIGHBOUR}`,
    `serviceaccount/${NEIGHBOUR}`,
  ])
    kubectl(["delete", name, "-n", DEMO, "--ignore-not-found"]);
  kubectl(["delete", "namespace", ELSEWHERE, "--wait=false"]);
});

interface JobObject {
  readonly metadata: { readonly name: string; readonly uid: string; readonly [field: string]: unknown };
  readonly spec: {
    readonly template: { readonly spec: { readonly containers: readonly object[]; readonly [field: string]: unknown } };
  };
}

/** Node `first` works until somebody says otherwise for so long; `second` needs it. */
const twoNodes = (seconds: number, exitCode: number) => ({
  retries: { limit: 0 },
  nodes: {
    first: { container: { command: ["node", "-e", `setTimeout(() => process.exit(${exitCode}), ${seconds * 1000})`] } },
    second: { needs: ["first"], container: { command: ["node", "-e", "0"] } },
  },
});

async function whenWorking(name: string): Promise<{ readonly run: Run; readonly job: JobObject }> {
  const run = await eventually(`node first of ${name} to run`, () => {
    const found = getRun(name);
    return found.status.nodes?.first?.state === "Running" ? found : undefined;
  });
  return { run, job: getJson("job", `${name}-first-a1`) as JobObject };
}

/** A suspended Job that says to be the second node's, with the seal of the first one's. */
function forgeJob(namespace: string, run: Run, job: JobObject): string {
  const { annotations, ownerReferences } = job.metadata as { annotations?: object; ownerReferences?: object };
  const labels = { "kelt.dev/run-uid": run.metadata.uid, "kelt.dev/node": "second", "kelt.dev/attempt": "1" };
  const name = `${run.metadata.name}-second-a1`;
  const { containers } = job.spec.template.spec;
  const pod = {
    restartPolicy: "Never",
    containers: [{ name: "task", image: (containers[0] as { image: string }).image }],
  };
  mustKubectl(["create", "-f", "-", AS_NEIGHBOUR], {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: { name, namespace, labels, annotations, ownerReferences },
    spec: { suspend: true, template: { metadata: { labels }, spec: pod } },
  });
  return name;
}

const toldOf = (run: string) =>
  mustKubectl([
    "get",
    "events.events.k8s.io",
    "-n",
    DEMO,
    "-o",
    "jsonpath={range .items[*]}{.regarding.name} {.reason}{'\\n'}{end}",
  ])
    .split("\n")
    .filter((line) => line.startsWith(`${run} Foreign`));

test("Jobs that a neighbour forges in another namespace and in the run's change nothing", async () => {
  await applyPipeline("robbed", twoNodes(15, 0));
  const name = createRun("robbed");
  const { run, job } = await whenWorking(name);
  forgeJob(ELSEWHERE, run, job);
  const forged = forgeJob(DEMO, run, job);
  await eventually("the forged Job to be told of", () => (toldOf(name).length > 0 ? true : undefined));
  expect(getRun(name).status.nodes?.first).toMatchObject({ state: "Running", jobUid: job.metadata.uid });
  mustKubectl(["delete", "job", forged, "-n", DEMO, AS_NEIGHBOUR]);
  const ended = await finishedRun(name);
  expect(verdictOf(ended)).toBe("True Succeeded");
  const real = listJson("jobs", `kelt.dev/run-uid=${run.metadata.uid}`).map(({ metadata }) => metadata.name);
  expect(real.toSorted()).toEqual([`${name}-first-a1`, `${name}-second-a1`]);
});

test("a pod that a neighbour puts under the run's Job does not speak for it", async () => {
  await applyPipeline("deceived", twoNodes(60, 1));
  const name = createRun("deceived");
  const { job } = await whenWorking(name);
  const { template } = job.spec as { template: { metadata?: object; spec: JobObject["spec"]["template"]["spec"] } };
  const { uid } = job.metadata;
  const owner = { apiVersion: "batch/v1", kind: "Job", name: job.metadata.name, uid, controller: true };
  const [container] = template.spec.containers;
  mustKubectl(["create", "-f", "-", AS_NEIGHBOUR], {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { ...template.metadata, name: `${name}-forged`, namespace: DEMO, ownerReferences: [owner] },
    spec: { ...template.spec, containers: [{ ...container, command: ["node", "-e", "0"] }] },
  });
  const ended = await finishedRun(name);
  expect(verdictOf(ended)).toBe("False Failed");
  expect(ended.status.nodes).toMatchObject({ first: { state: "Failed" }, second: { state: "Skipped" } });
  expect(toldOf(name)).toEqual([`${name} ForeignPod`]);
});
