import { LABEL } from "../api/metadata.ts";
import { podFingerprint } from "./fingerprint.ts";
import { runUidOf } from "./job.ts";
import type { KindEntry } from "./kind.ts";
import type { ContainerState, ContainerStatus, Pod as PodObject } from "./objects.ts";
import { freeze, pick, projectCondition, projectMetadata } from "./projecting.ts";

export const Pod = {
  resource: { group: "", version: "v1", plural: "pods" },
  rights: [{ verbs: ["list", "watch"] }],
  project: projectPod,
  watch: { store: "pods", labelSelector: LABEL.runUid, indexes: { run: runUidOf } },
} as const satisfies KindEntry<PodObject>;

function projectPod({ metadata, spec, status }: PodObject): PodObject {
  return freeze({
    metadata: projectMetadata({ metadata }),
    spec: { fingerprint: podFingerprint(spec) },
    status: {
      ...pick(status, ["phase", "reason", "message"]),
      conditions: (status?.conditions ?? []).map(projectCondition),
      initContainerStatuses: (status?.initContainerStatuses ?? []).map(projectContainer),
      containerStatuses: (status?.containerStatuses ?? []).map(projectContainer),
    },
  });
}

function projectContainer(container: ContainerStatus): ContainerStatus {
  const { name, state } = container;
  return { name, ...(state === undefined ? {} : { state: projectState(state) }) };
}

function projectState({ waiting, running, terminated }: ContainerState): ContainerState {
  return {
    ...(waiting === undefined ? {} : { waiting: pick(waiting, ["reason", "message"]) }),
    ...(running === undefined ? {} : { running: {} }),
    ...(terminated === undefined
      ? {}
      : {
          terminated: {
            exitCode: terminated.exitCode,
            ...pick(terminated, ["reason", "message", "finishedAt"]),
          },
        }),
  };
}
