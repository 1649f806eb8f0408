import { createHash } from "node:crypto";
import type { V1Job } from "@kubernetes/client-node";
import type { ConnectionSpec } from "../api/connection.ts";
import { API_VERSION, LABEL, MANAGER, type ObjectMeta } from "../api/metadata.ts";
import { CONTRACT_VERSION, TASK_SPEC_ENV, type TaskSpec, TEST_DEADLINE_SECONDS, TESTED } from "../api/task.ts";
import { asAccountOf, connectionVolumes, literal, podSpec, resourcesOf, type TaskPodSettings } from "./job.ts";
import { labelValue, testJobName } from "./names.ts";
import { containerSecurityContext, podFailurePolicy, TASK_CONTAINER } from "./policy.ts";
import { taskConnection } from "./task-spec.ts";

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
  const labels = { [LABEL.managedBy]: MANAGER, [LABEL.connection]: labelValue(name), [LABEL.runUid]: uid };
  const volumes = connectionVolumes(TESTED, test.spec);
  const container = {
    name: TASK_CONTAINER,
    image: settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    env: [{ name: TASK_SPEC_ENV, value: literal(JSON.stringify(taskSpecOf(test))) }],
    volumeMounts: volumes.map(({ mount }) => mount),
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
      template: { metadata: { labels }, spec: podSpec(container, volumes, asAccountOf([test.spec], settings)) },
    },
  };
}

function taskSpecOf({ meta: { namespace, name, uid }, spec }: ConnectionTest): TaskSpec {
  return {
    version: CONTRACT_VERSION,
    run: { namespace, pipeline: name, name, uid },
    node: TESTED,
    attempt: 1,
    connections: { [TESTED]: taskConnection(TESTED, spec) },
    work: { verb: "connect", connect: { connection: TESTED } },
  };
}
