import { GROUP, type ObjectMeta } from "#api/metadata.ts";
import type {
  ApiObject,
  ContainerState,
  ContainerStatus,
  CustomObject,
  Event,
  Job,
  Kind,
  Lease,
  Objects,
  Pod,
} from "./kinds.ts";

/**
 * What a cache keeps of an object: managed fields, foreign annotations and everything else that nobody reads go, so
 * that a thousand runs fit in memory. The result is frozen to its leaves. Throws a TypeError for what is no object.
 */
export const PROJECTIONS: { readonly [K in Kind]: (object: Objects[K]) => Objects[K] } = {
  Pipeline: projectCustom,
  PipelineRun: projectCustom,
  Connection: projectCustom,
  Job: projectJob,
  Pod: projectPod,
  Event: (event: Event) => freeze({ metadata: projectMetadata(event) }),
  Lease: (lease: Lease) => freeze({ metadata: projectMetadata(lease), ...pick(lease, ["spec"]) }),
};

function projectCustom(object: CustomObject): CustomObject {
  return freeze({ metadata: projectMetadata(object), ...pick(object, ["spec", "status"]) });
}

function projectJob({ metadata, spec, status }: Job): Job {
  return freeze({
    metadata: projectMetadata({ metadata }),
    spec: pick(spec, ["suspend", "completions", "completionMode"]),
    status: {
      ...pick(status, [
        "active",
        "succeeded",
        "failed",
        "completedIndexes",
        "failedIndexes",
        "startTime",
        "completionTime",
      ]),
      conditions: (status?.conditions ?? []).map(projectCondition),
    },
  });
}

function projectPod({ metadata, spec, status }: Pod): Pod {
  return freeze({
    metadata: projectMetadata({ metadata }),
    spec: pick(spec, ["nodeName"]),
    status: {
      ...pick(status, ["phase", "reason", "message", "startTime"]),
      conditions: (status?.conditions ?? []).map(projectCondition),
      initContainerStatuses: (status?.initContainerStatuses ?? []).map(projectContainer),
      containerStatuses: (status?.containerStatuses ?? []).map(projectContainer),
    },
  });
}

interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

function projectCondition(condition: Condition): Condition {
  const { type, status } = condition;
  return { type, status, ...pick(condition, ["reason", "message", "lastTransitionTime"]) };
}

function projectContainer(container: ContainerStatus): ContainerStatus {
  const { name, state, lastState } = container;
  return {
    name,
    ...pick(container, ["restartCount"]),
    ...(state === undefined ? {} : { state: projectState(state) }),
    ...(lastState === undefined ? {} : { lastState: projectState(lastState) }),
  };
}

function projectState({ waiting, running, terminated }: ContainerState): ContainerState {
  return {
    ...(waiting === undefined ? {} : { waiting: pick(waiting, ["reason", "message"]) }),
    ...(running === undefined ? {} : { running: pick(running, ["startedAt"]) }),
    ...(terminated === undefined
      ? {}
      : {
          terminated: {
            exitCode: terminated.exitCode,
            ...pick(terminated, ["signal", "reason", "message", "startedAt", "finishedAt"]),
          },
        }),
  };
}

const METADATA_KEPT = [
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "labels",
  "ownerReferences",
] as const satisfies readonly (keyof ObjectMeta)[];

function projectMetadata({ metadata }: ApiObject): ObjectMeta {
  const { name, namespace, uid, resourceVersion, annotations = {} } = metadata;
  const own = Object.entries(annotations).filter(([key]) => key.startsWith(`${GROUP}/`));
  return {
    name,
    namespace,
    uid,
    resourceVersion,
    ...pick(metadata, METADATA_KEPT),
    ...(own.length === 0 ? {} : { annotations: Object.fromEntries(own) }),
  };
}

function pick<T extends object, K extends keyof T>(object: T | undefined, keys: readonly K[]): Pick<T, K> {
  const picked: Partial<T> = {};
  for (const key of keys) if (object?.[key] !== undefined) picked[key] = object[key];
  return picked as Pick<T, K>;
}

function freeze<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const part of Object.values(value)) freeze(part);
  return Object.freeze(value);
}
