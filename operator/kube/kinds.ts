import { GROUP, type ObjectMeta, VERSION } from "#api/metadata.ts";

/** An object of the API as a list or a watch shows it. Times are RFC 3339. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
}

/** An object of our own group. Its spec and status are whatever the API server stored: parse them before use. */
export interface CustomObject extends ApiObject {
  readonly spec?: unknown;
  readonly status?: unknown;
}

export interface JobCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The part of a batch/v1 Job that kelt reads. */
export interface Job extends ApiObject {
  readonly spec?: { readonly suspend?: boolean; readonly completions?: number; readonly completionMode?: string };
  readonly status?: {
    /** Of an Indexed Job, as `1,3-5`. */
    readonly completedIndexes?: string;
    readonly failedIndexes?: string;
    readonly active?: number;
    readonly succeeded?: number;
    readonly failed?: number;
    readonly startTime?: string;
    readonly completionTime?: string;
    readonly conditions?: readonly JobCondition[];
  };
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  readonly running?: { readonly startedAt?: string };
  readonly terminated?: {
    readonly exitCode: number;
    readonly signal?: number;
    readonly reason?: string;
    readonly message?: string;
    readonly startedAt?: string;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

export interface PodCondition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

/** The part of a v1 Pod that kelt reads. */
export interface Pod extends ApiObject {
  readonly spec?: { readonly nodeName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly startTime?: string;
    readonly conditions?: readonly PodCondition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/** An events.k8s.io/v1 Event: written and never read. */
export interface Event extends ApiObject {
  readonly series?: { readonly count: number; readonly lastObservedTime: string };
}

/** The part of a coordination.k8s.io/v1 Lease that leader election reads. */
export interface Lease extends ApiObject {
  readonly spec?: {
    readonly holderIdentity?: string | null;
    readonly leaseDurationSeconds?: number;
    readonly acquireTime?: string | null;
    readonly renewTime?: string | null;
    readonly leaseTransitions?: number;
  };
}

/** Every kind that kelt speaks of, and what its objects look like. */
export interface Objects {
  readonly Pipeline: CustomObject;
  readonly PipelineRun: CustomObject;
  readonly Connection: CustomObject;
  readonly Job: Job;
  readonly Pod: Pod;
  readonly Event: Event;
  readonly Lease: Lease;
}
export type Kind = keyof Objects;

/** Where the objects of a kind live in the API. All of them are namespaced. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

export const RESOURCES: { readonly [K in Kind]: Resource } = {
  Pipeline: { group: GROUP, version: VERSION, plural: "pipelines" },
  PipelineRun: { group: GROUP, version: VERSION, plural: "pipelineruns" },
  Connection: { group: GROUP, version: VERSION, plural: "connections" },
  Job: { group: "batch", version: "v1", plural: "jobs" },
  Pod: { group: "", version: "v1", plural: "pods" },
  Event: { group: "events.k8s.io", version: "v1", plural: "events" },
  Lease: { group: "coordination.k8s.io", version: "v1", plural: "leases" },
};

/** `v1` for the core group, `<group>/<version>` for every other one. */
export function apiVersion(kind: Kind): string {
  const { group, version } = RESOURCES[kind];
  return group === "" ? version : `${group}/${version}`;
}
