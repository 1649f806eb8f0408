import { createHash } from "node:crypto";
import type { V1Job } from "@kubernetes/client-node";
import type { ConnectionSpec } from "../api/connection.ts";
import { API_VERSION, LABEL, MANAGER, type ObjectMeta } from "../api/metadata.ts";
import { mergePod } from "../api/pod.ts";
import {
  CONTRACT_VERSION,
  TASK_CONTAINER,
  TASK_SPEC_ENV,
  type TaskSpec,
  TEST_DEADLINE_SECONDS,
  TESTED,
} from "../api/task.ts";
import { resourcesOf } from "./job.ts";
import { labelValue, testJobName } from "./names.ts";
import { accountOf, installationPod, literal, podEnvironment, podSpec, type TaskPodSettings } from "./pod.ts";
import { containerSecurityContext, podFailurePolicy } from "./policy.ts";
import { taskConnection } from "./task-spec.ts";
import { connectionVolumes, podVolumes, TMP } from "./volumes.ts";

/** One test of a Connection. */
export interface ConnectionTest {
  readonly meta: Pick<ObjectMeta, "namespace" | "name" | "uid">;
  readonly spec: ConnectionSpec;
  /** `status.tests`: which of the Connection's tests it is. */
  readonly number: number;
}

/** The name of a test's Job: the same whenever the same test is begun, so that it is made once. */
export function connectionJobName({ meta, number }: Omit<ConnectionTest, "spec">): string {
  const identity = JSON.stringify([meta.uid, number]);
  return testJobName(meta.name, createHash("sha256").update(identity).digest("hex").slice(0, 10));
}

/** A Job of one pod that logs in and asks one question. The Connection owns it. */
export function connectionJobOf(test: ConnectionTest, settings: TaskPodSettings): V1Job {
  const { namespace, name, uid } = test.meta;
  const pod = mergePod(accountOf([test.spec]), installationPod(settings));
  const labels = {
    ...pod.labels,
    [LABEL.managedBy]: MANAGER,
    [LABEL.connection]: labelValue(name),
    [LABEL.runUid]: uid,
  };
  const volumes = podVolumes([TMP, ...connectionVolumes(TESTED, test.spec)]);
  const annotations = pod.annotations === undefined ? {} : { annotations: pod.annotations };
  const container = {
    name: TASK_CONTAINER,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    env: [{ name: TASK_SPEC_ENV, value: literal(JSON.stringify(taskSpecOf(test, settings))) }, ...podEnvironment(pod)],
    volumeMounts: volumes.volumeMounts,
    resources: resourcesOf(settings.resources),
    securityContext: containerSecurityContext,
    terminationMessagePolicy: "File",
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: connectionJobName(test),
      namespace,
      labels,
      ...annotations,
      ownerReferences: [{ apiVersion: API_VERSION, kind: "Connection", name, uid, controller: true }],
    },
    spec: {
      completions: 1,
      parallelism: 1,
      backoffLimit: 0,
      podReplacementPolicy: "Failed",
      podFailurePolicy,
      activeDeadlineSeconds: TEST_DEADLINE_SECONDS,
      ttlSecondsAfterFinished: settings.jobTtlSeconds,
      template: { metadata: { labels, ...annotations }, spec: podSpec(container, volumes, pod) },
    },
  };
}

function taskSpecOf({ meta: { namespace, name, uid }, spec }: ConnectionTest, { network }: TaskPodSettings): TaskSpec {
  return {
    version: CONTRACT_VERSION,
    run: { namespace, pipeline: name, name, uid },
    node: TESTED,
    attempt: 1,
    ...(network === undefined ? {} : { network }),
    // Messages name the object; what is mounted for it lies where a long name cannot be too long.
    connections: { [name]: taskConnection(TESTED, spec) },
    work: { verb: "connect", connect: { connection: name } },
  };
}
