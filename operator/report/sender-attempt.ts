import { LABEL } from "#api/metadata.ts";
import type { Report } from "#api/report.ts";
import { nodeIn } from "#api/unit-labels.ts";
import type { CustomObject, Job, Pod } from "../kinds/objects.ts";
import { formatKey } from "../kube/object-key.ts";
import type { StoreReader } from "../kube/store.ts";
import type { Sender } from "./report-store.ts";

/** What the operator knows of pods, their Jobs and their runs. */
export interface SenderCaches {
  readonly pods: Pick<StoreReader<Pod>, "byUid">;
  readonly jobs: Pick<StoreReader<Job>, "byUid">;
  readonly runs: Pick<StoreReader<CustomObject>, "byUid">;
}

export type SenderAttempt =
  /** Key of the run that the pod works for. */
  | { readonly run: string }
  /** The watches have not shown it yet. */
  | { readonly missing: "pod" | "Job" | "run" }
  /** A sentence about what differs from what is known. */
  | { readonly refused: string };

/**
 * For which run a pod speaks: the body must name the run, node and attempt that the pod's Job has in its labels. Whether that Job and
 * that pod are the operator's own, and so whether anything follows, is decided where reports are joined with pods, by the pod's uid.
 */
export function attemptOf({ podUid, namespace }: Sender, report: Report, caches: SenderCaches): SenderAttempt {
  const pod = caches.pods.byUid(podUid);
  if (pod === undefined) return { missing: "pod" };
  if (pod.metadata.namespace !== namespace) return { refused: "the token is of another namespace than its pod" };
  const owner = pod.metadata.ownerReferences?.find(({ controller }) => controller === true);
  if (owner?.kind !== "Job") return { refused: "the pod belongs to no Job" };
  const job = caches.jobs.byUid(owner.uid);
  if (job === undefined) return { missing: "Job" };
  const { labels = {} } = job.metadata;
  const run = caches.runs.byUid(labels[LABEL.runUid] ?? "");
  if (run === undefined) return { missing: "run" };
  const isHere = [job, run].every(({ metadata }) => metadata.namespace === namespace);
  const speaksOf = [report.run, report.node, String(report.attempt)];
  const worksFor = [labels[LABEL.runUid], nodeIn({ labels }), labels[LABEL.attempt]];
  const isSame = isHere && speaksOf.every((part, i) => part === worksFor[i]);
  const isResults = report.result === undefined || isOf(report.result, report);
  if (isSame && isResults) return { run: formatKey(run.metadata) };
  return { refused: "run, node or attempt of the report or its result are not those of the pod's Job" };
}

type Speaker = Pick<Report, "run" | "node" | "attempt" | "part">;

function isOf(a: Speaker, b: Speaker): boolean {
  return a.run === b.run && a.node === b.node && a.attempt === b.attempt && a.part === b.part;
}
