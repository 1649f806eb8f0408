import type { ConnectionSpec } from "../api/connection.ts";
import type { ObjectMeta } from "../api/metadata.ts";
import type { PipelineRunStatus } from "../api/pipeline-run.ts";

/**
 * Everything that a decision about one run may look at. All times are milliseconds since the epoch; `now` is data like the rest,
 * so that a decision can be repeated.
 */
export interface Facts {
  readonly now: number;
  readonly run: RunFacts;
  /** The Pipeline that the run names, absent when it does not exist. Its spec is looked at only until the run has begun. */
  readonly pipeline?: PipelineFacts;
  /** Connection resources of the run's namespace by name; looked at only until the run has begun. */
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
  /** What is known of each node's attempts: those with a Job, and the one that the stored status speaks of. */
  readonly attempts: ReadonlyMap<string, readonly AttemptFacts[]>;
  /** Jobs that the API server would not create. */
  readonly refusals: ReadonlyMap<string, Refusal>;
}

export interface RunFacts {
  readonly meta: ObjectMeta;
  /** The spec as stored; checked when the run begins, because nothing says who wrote it. */
  readonly spec: { readonly pipeline: string; readonly timeout?: string; readonly cancelled?: boolean };
  readonly status: PipelineRunStatus;
}

export interface PipelineFacts {
  readonly generation: number;
  /** The spec as stored, not yet checked. */
  readonly spec: unknown;
}

/** One attempt of a node: its Job, unless none is seen, and the Pods that this Job made, oldest first. */
export interface AttemptFacts {
  readonly attempt: number;
  readonly job?: JobFacts;
  readonly pods: readonly PodFacts[];
}

export interface JobFacts {
  readonly name: string;
  readonly uid: string;
  readonly created: number;
  /** True while somebody (Kueue) holds the Job back. */
  readonly suspended: boolean;
  /** When the Job controller last began to make pods for a Job that had been held back. */
  readonly resumed?: number;
  readonly deleting: boolean;
  /** The parts of an Indexed Job, from 0; missing where the Job is one pod's. */
  readonly parts?: {
    readonly of: number;
    /** Those that the Job controller has seen to succeed. */
    readonly succeeded: readonly number[];
    /** Those that it tries no more. */
    readonly failed: readonly number[];
  };
  /** The Job controller's verdict, from FailureTarget, Failed, SuccessCriteriaMet or Complete. */
  readonly verdict?: {
    readonly succeeded: boolean;
    readonly reason: string;
    readonly message: string;
    readonly at: number;
  };
}

export interface PodFacts {
  readonly name: string;
  readonly created: number;
  /** Which part of an Indexed Job it is. */
  readonly part?: number;
  readonly failed: boolean;
  /** Why the node gave the pod up or would not take it, where it says so: Evicted, UnexpectedAdmissionError … */
  readonly failure?: { readonly reason: string; readonly message: string };
  /** The pod was evicted, preempted or lost its node: its Job replaces it without spending an attempt. */
  readonly disrupted: boolean;
  /** Why the pod does not run yet: Unschedulable, ImagePullBackOff, CreateContainerConfigError … */
  readonly waiting?: { readonly reason: string; readonly message: string };
  readonly runningSince?: number;
  /** When the pod was to be gone, where somebody has deleted it: its grace period is over then. */
  readonly goneBy?: number;
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason: string;
    /** The termination message, not yet checked. */
    readonly message: string;
    readonly at: number;
  };
}

/** An answer of the API server to the creation of a Job that is neither success nor a passing fault. */
export interface JobRefusal {
  readonly reason: "NameConflict" | "JobRefused";
  readonly message: string;
  /** Whether trying again is useless: an invalid Job stays so, a quota may free up and a name as well. */
  readonly final: boolean;
}

/** The refusal of an attempt's Job. */
export interface Refusal extends JobRefusal {
  readonly attempt: number;
  readonly since: number;
  readonly retryAt: number;
}
