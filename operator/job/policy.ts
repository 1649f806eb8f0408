import type { V1PodFailurePolicy, V1PodSecurityContext, V1SecurityContext } from "@kubernetes/client-node";
import { EXIT, TASK_CONTAINER } from "../api/task.ts";

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

/** The same of a held Job: a task that has never heard that it may begin is replaced. Programs of users give this code other meanings. */
export const heldPodFailurePolicy: V1PodFailurePolicy = {
  rules: [
    {
      action: "Ignore",
      onExitCodes: { containerName: TASK_CONTAINER, operator: "In", values: [EXIT.notReached] },
    },
    ...podFailurePolicy.rules,
  ],
};

/** What the Pod Security Standard `restricted` asks of a pod. */
export const podSecurityContext: V1PodSecurityContext = {
  runAsNonRoot: true,
  seccompProfile: { type: "RuntimeDefault" },
};

export const containerSecurityContext: V1SecurityContext = {
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ["ALL"] },
};
