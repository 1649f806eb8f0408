import type { ObjectMeta } from "../api/metadata.ts";
import type { Fingerprint, JobFingerprint } from "./fingerprint.ts";

/** An object of the API as a list or a watch shows it. Times are RFC 3339. */
export interface ApiObject {
  readonly metadata: ObjectMeta;
}

/**
 * What a cache keeps of a Pipeline's spec, as it is stored and unchecked. The whole is up to half a megabyte, and is read from the API
 * server where it is needed: when it is new, and when a run begins.
 */
export interface PipelineOutline {
  readonly suspend?: unknown;
  readonly history?: unknown;
  readonly schedule?: unknown;
  /** Names of the Connection resources that it speaks of. */
  readonly references: readonly string[];
}

/** An object of our own group. Its spec and status are whatever the API server stored: parse them before use. */
export interface CustomObject extends ApiObject {
  /** A cached Pipeline has none: see {@link PipelineOutline}. */
  readonly spec?: unknown;
  /** Of a cached Pipeline. */
  readonly outline?: PipelineOutline;
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
  readonly spec?: {
    readonly suspend?: boolean;
    readonly completions?: number;
    readonly parallelism?: number;
    readonly completionMode?: string;
    readonly activeDeadlineSeconds?: number;
    /** Of its projection: what the Job is, and what its pods do. */
    readonly fingerprint?: JobFingerprint;
  };
  readonly status?: {
    /** Of an Indexed Job, as `1,3-5`. */
    readonly completedIndexes?: string;
    readonly failedIndexes?: string;
    readonly startTime?: string;
    readonly conditions?: readonly JobCondition[];
  };
}

export interface ContainerState {
  readonly waiting?: { readonly reason?: string; readonly message?: string };
  /** Its time is the machine's, and nothing reads it. */
  readonly running?: object;
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason?: string;
    readonly message?: string;
    readonly finishedAt?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly state?: ContainerState;
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
  readonly spec?: {
    /** Of its projection: what the pod does. */
    readonly fingerprint?: Fingerprint;
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly conditions?: readonly PodCondition[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

/**
 * An apps/v1 ControllerRevision: the copy of a Pipeline's spec that runs follow. The API server lets nobody change its data, and the
 * built-in roles below admin cannot write one.
 */
export interface ControllerRevision extends ApiObject {
  /** Missing where only metadata was asked for. */
  readonly data?: unknown;
}

/** The part of an events.k8s.io/v1 Event that tells why a Job makes no pod, or a pod no container. */
export interface Event extends ApiObject {
  readonly reason?: string;
  readonly note?: string;
  readonly regarding?: { readonly kind?: string; readonly uid?: string };
  readonly eventTime?: string | null;
  readonly deprecatedLastTimestamp?: string | null;
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
