import type { ConnectionStatus } from "#api/connection.ts";
import type { ObjectMeta } from "#api/metadata.ts";
import { TESTED } from "#api/task.ts";
import { connectionJobName } from "../../job/connection-job.ts";
import type { AttemptFacts } from "../../run/facts.ts";
import { type Children, type Foreign, foreignJob, foreignPodOf, type Proof, podsOf } from "../jobs/attempts.ts";
import { jobFacts } from "../jobs/job-facts.ts";
import type { Purpose } from "../jobs/known-jobs.ts";
import { podFacts } from "../jobs/pod-facts.ts";

/** What the Job of a Connection's test is for. */
export function purposeOf({ tests = 0 }: ConnectionStatus): Purpose {
  return { node: TESTED, attempt: tests };
}

/** The Job of the test that the status speaks of, if it is proven to be ours, and its pods. */
export function observeTest(
  meta: ObjectMeta,
  status: ConnectionStatus,
  children: Children,
  { known, podCheck, seenIn }: Omit<Proof, "partsOf" | "reports">,
): { readonly test: AttemptFacts; readonly foreign: readonly Foreign[] } {
  const purpose = purposeOf(status);
  if (status.jobUid !== undefined) known.record(status.jobUid, purpose);
  const name = connectionJobName({ meta, number: status.tests ?? 0 });
  const named = children.jobs.filter(({ metadata }) => metadata.name === name);
  const job = named.find((one) => known.isOurs(one, purpose) && known.uidOf(purpose) === one.metadata.uid);
  const others = named.filter((one) => !known.isOurs(one, purpose)).map(foreignJob);
  if (job === undefined) return { test: { attempt: 1, pods: [] }, foreign: others };
  const { own, foreign } = podsOf(job, children.pods, podCheck);
  const pods = own.map((pod) => podFacts(pod, job, seenIn(pod)));
  const foreignPod = foreignPodOf(foreign, children.pods, seenIn);
  return {
    test: {
      attempt: 1,
      job: jobFacts(job, seenIn(job)),
      pods,
      ...(foreignPod === undefined ? {} : { foreignPod }),
    },
    foreign: [...others, ...foreign],
  };
}
