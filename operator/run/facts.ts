import type { ConnectionSpec } from "../api/connection.ts";
import type { ObjectMeta } from "../api/metadata.ts";
import type { PipelineSpec } from "../api/pipeline.ts";
import type { PipelineRunStatus } from "../api/pipeline-run.ts";
import type { InstalledPackages } from "../api/project-packages.ts";
import type { Reason } from "../api/reasons.ts";
import type { ReportItem } from "../api/report.ts";
import type { TaskResult } from "../api/task.ts";
import type { Graph } from "../graph/graph.ts";
import type { Expanded } from "./packing/expand.ts";

/**
 * Everything that a decision about one run may look at. All times are milliseconds since the epoch by the operator's own clock: other
 * machines' clocks may differ from it by an hour, so what they write down counts from when the operator first saw it. `now` is data
 * like the rest, so that a decision can be repeated.
 */
export interface Facts {
  readonly now: number;
  readonly run: RunFacts;
  /** The copy of the spec that the run has begun with; absent until it has begun. */
  readonly copy?: CopyFacts;
  /** The Pipeline that the run names, absent when it does not exist. Its spec is looked at only until the run has begun. */
  readonly pipeline?: PipelineFacts;
  /** Connection resources of the run's namespace by name; looked at only until the run has begun. */
  readonly connections: ReadonlyMap<string, ConnectionSpec>;
  /** Each node's attempts: those with a Job, and the one that the stored status speaks of. */
  readonly attempts: ReadonlyMap<string, readonly AttemptFacts[]>;
  /** What the hands of kinds of nodes see, by kind and node: `node-kinds/node-kind.ts`. */
  readonly seen?: ReadonlyMap<string, ReadonlyMap<string, unknown>>;
  /** The run's status could not be written, several times over: what must not wait for it is done without. */
  readonly statusRefused?: true;
  /** Jobs that the API server would not create. */
  readonly refusals: ReadonlyMap<string, Refusal>;
  /** What is in the way of Jobs without a pod and of pods without a container, by their uids, as far as their Events were asked for. */
  readonly troubles: ReadonlyMap<string, Trouble>;
  /** Finished Jobs of the namespace's ended runs, the oldest first; looked for only while a quota refuses Jobs of this one. */
  readonly spare?: readonly SpareJob[];
  /** Starts ahead; missing where no task of the namespace would hear that it may begin. */
  readonly ahead?: {
    /** How many Jobs more the operator may hold. */
    readonly room: number;
    /** Nodes whose Job was held before, in vain: they start when they are due. */
    readonly spent: ReadonlySet<string>;
    /** Somebody else of the namespace waits for a place. */
    readonly yields?: true;
  };
  /** How many Jobs more the installation's limit of the namespace has room for; without a limit missing. */
  readonly room?: number;
}

/** A Job that is kept for its log alone. */
export interface SpareJob {
  readonly node: string;
  readonly name: string;
  readonly uid: string;
  /** Its deletion has begun, for whichever run. */
  readonly deleting?: true;
}

/** Why something waits, in a word and in a sentence. */
export interface Trouble {
  readonly reason: string;
  readonly message: string;
}

/** A Job that makes no pod, or a pod whose container is not made: its Events alone say why. */
export interface Puzzle {
  readonly kind: "Job" | "Pod";
  readonly uid: string;
}

export interface RunFacts {
  readonly meta: ObjectMeta;
  /** The spec as stored; checked when the run begins, because nothing says who wrote it. */
  readonly spec: {
    readonly pipeline: string;
    readonly timeout?: string;
    readonly cancelled?: boolean;
    readonly scheduled?: string;
    readonly interval?: { readonly start: string; readonly end: string };
    readonly params?: Readonly<Record<string, unknown>>;
  };
  /** As it is stored, with the Jobs of packed nodes as nodes: `packing/packed-status.ts`. */
  readonly status: PipelineRunStatus;
}

export interface PipelineFacts {
  readonly uid: string;
  readonly generation: number;
  /** What a cache knows of it. */
  readonly suspended?: boolean;
  /** The spec as stored, not yet checked. Absent when only the cache was asked, which keeps none. */
  readonly spec?: unknown;
}

/**
 * | state  | what is true                                                            | what the run does            |
 * |--------|-------------------------------------------------------------------------|------------------------------|
 * | read   | it is the one that the run began with                                   | goes on                      |
 * | hidden | the API server refuses to show it, for now or by a right that is missing | waits; can still be stopped  |
 * | lost   | it is gone, is another one, or this version cannot read it              | ends                         |
 */
export type CopyFacts =
  | {
      readonly state: "read";
      /** Where nodes are packed into several Jobs, each of those is a node here: `packing/expand.ts`. */
      readonly spec: PipelineSpec;
      readonly graph: Graph;
      readonly units?: Expanded["units"];
      readonly packed?: Expanded["packed"];
    }
  | { readonly state: "hidden"; readonly message: string }
  | { readonly state: "lost"; readonly reason: Reason; readonly message: string };

/** One attempt of a node: its Job, unless none is seen, and the Pods that this Job made, oldest first. All of them are proven to be ours. */
export interface AttemptFacts {
  readonly attempt: number;
  readonly job?: JobFacts;
  readonly pods: readonly PodFacts[];
  /** A pod that has this Job as its owner and does not count: which, why, what to do, and when it was first seen. */
  readonly foreignPod?: { readonly why: string; readonly at: number };
}

export interface JobFacts {
  readonly name: string;
  readonly uid: string;
  readonly created: number;
  /** True while somebody (Kueue) holds the Job back. */
  readonly suspended: boolean;
  /** It is held back because somebody has set its parallelism to 0. */
  readonly withoutPods?: true;
  /** When the Job controller last began to make pods for a Job that had been held back. */
  readonly resumed?: number;
  readonly deleting: boolean;
  /** It was made before its node could begin: its task does nothing until it is told to. Its seal says so. */
  readonly startsHeld?: true;
  /** The parts of an Indexed Job, from 0; missing where the Job is one pod's. */
  readonly parts?: {
    readonly of: number;
    /** How many pods the Job has at once. */
    readonly parallel: number;
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
  readonly uid: string;
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
  /** Other containers that work on after the task's has ended: the pod does not end before they do. */
  readonly lingering?: readonly string[];
  /**
   * Restartable init containers that work on after the task's container has ended. The kubelet tells them to stop, and kills those that
   * do not when the pod's grace period is over.
   */
  readonly sidecars?: readonly string[];
  /**
   * The kubelet has taken the whole pod down and has yet to say whether it evicted it. Where a container ends by itself, its end is
   * reported first and the pod is taken down afterwards.
   */
  readonly unsettled?: true;
  readonly terminated?: {
    readonly exitCode: number;
    readonly reason: string;
    /** The termination message, not yet checked. */
    readonly message: string;
    readonly at: number;
    /** It ended when the Job's deadline had come. */
    readonly overdue?: true;
  };
  /** What its task has pushed by the report channel. Its shape is checked; for which attempt it speaks is not. */
  readonly pushed?: { readonly result: TaskResult; readonly at: number };
  /** The commit of its project that its task works with, where it has said so by the channel. */
  readonly commit?: string;
  /** The packages of its project that its task has chosen, by the same way. */
  readonly packages?: InstalledPackages;
  /** How many of its items its task has yet to do, where it has said so. */
  readonly itemsLeft?: number;
  /** What lies inside its node and how that stands, by the same channel, and when its task last said something. */
  readonly items?: { readonly list: readonly ReportItem[]; readonly leftOut: number; readonly at: number };
}

/** Why a Job could not be created. */
export interface JobRefusal {
  readonly reason: "NameConflict" | "JobRefused" | "QuotaExceeded";
  readonly message: string;
  /** Whether trying again is useless: an invalid Job stays so, a quota may free up and a name as well. */
  readonly final: boolean;
  /** How long the server asked to be left alone. */
  readonly retryAfterMs?: number;
}

/** The refusal of an attempt's Job. */
export interface Refusal extends JobRefusal {
  readonly attempt: number;
  /** When the first and the last try were refused. */
  readonly since: number;
  readonly at: number;
  readonly retryAt: number;
}
