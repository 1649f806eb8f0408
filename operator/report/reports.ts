import type { InstalledPackages } from "#api/project-packages.ts";
import type { ReportChannel, ReportItem, ReportOrder, ReportProgress } from "#api/report.ts";
import type { TaskResult } from "#api/task.ts";

/** What the task of one pod has said by the channel. All times are the operator's own, wall clock ms. */
export interface PodReport {
  readonly firstAt: number;
  readonly at: number;
  /** It waits for `go`. */
  readonly held: boolean;
  readonly progress?: ReportProgress;
  readonly items: readonly ReportItem[];
  /** Items that were dropped for lack of room, by the task or here. */
  readonly itemsLeftOut: number;
  /** The commit of its project. */
  readonly commit?: string;
  /** The packages of its project that it has chosen. */
  readonly packages?: InstalledPackages;
  /** Its shape is checked; whose it is, is not: that is for `run/` to say. */
  readonly result?: TaskResult;
  readonly resultAt?: number;
}

/** What a Job's environment says of the channel. */
export type ReportChannelSettings = Pick<ReportChannel, "urls" | "certificate">;

/** What tasks say, and the answers to them. Losing all of it costs time and detail. */
export interface Reports {
  /** What Jobs learn of the channel, if anything. */
  readonly channel: ReportChannelSettings | undefined;
  of(podUid: string): PodReport | undefined;
  /** The answer to the pod's task from now on; `go` where nothing else was said, `hold` where it is held. */
  order(podUid: string, order: ReportOrder): void;
  /** Whether a task of the namespace has been heard since this process began. */
  heard(namespace: string): boolean;
}

/** The channel is switched off: everything works by what the kubelet says. */
export const NO_REPORTS: Reports = {
  channel: undefined,
  of: () => undefined,
  order: () => undefined,
  heard: () => false,
};
