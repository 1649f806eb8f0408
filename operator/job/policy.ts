import type { V1PodFailurePolicy, V1PodSecurityContext, V1SecurityContext } from "@kubernetes/client-node";
import { EXIT } from "../api/task.ts";

/** Name of the one container of a task pod. */
export const TASK_CONTAINER = "task";

/**
 * How the Job controller judges a pod that failed. First match wins: a disruption is replaced within the same Job and costs no
 * attempt; the exit codes that no retry can mend fail the Job at once; with backoffLimit 0 everything else does too.
 */
export const podFailurePolicy: V1PodFailurePolicy = {
  rules: [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    {
      action: "FailJob",
      onExitCodes: { containerName: TASK_CONTAINER, operator: "In", values: [EXIT.configuration, EXIT.data] },
    },
  ],
};

/** The user that the task image is made for. */
const TASK_UID = 65532;

/** What the Pod Security Standard `restricted` asks of a pod, and files of volumes readable for the task's user. */
export const podSecurityContext: V1PodSecurityContext = {
  runAsNonRoot: true,
  runAsUser: TASK_UID,
  runAsGroup: TASK_UID,
  fsGroup: TASK_UID,
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurityContext: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
