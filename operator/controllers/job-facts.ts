import { PARTS_MAX } from "#api/load-fan-out.ts";
import type { Job } from "../kube/kinds.ts";
import type { JobFacts } from "../run/facts.ts";
import { parseTime } from "../run/time.ts";

/** The interim conditions come before the final ones and never turn (KEP-3998), so the first of them is the verdict. */
const FAILED = ["FailureTarget", "Failed"];
const SUCCEEDED = ["SuccessCriteriaMet", "Complete"];
/** The Job controller's word on whether the Job is held back; it comes a moment after `spec.suspend` has changed. */
const HELD = "Suspended";

export function jobFacts(job: Job): JobFacts {
  const { metadata, spec, status } = job;
  const met = (types: readonly string[]) =>
    status?.conditions?.find((condition) => types.includes(condition.type) && condition.status === "True");
  const verdict = met(FAILED) ?? met(SUCCEEDED);
  const created = parseTime(metadata.creationTimestamp) ?? 0;
  const held = status?.conditions?.find(({ type }) => type === HELD);
  const resumed = held?.status === "False" ? parseTime(held.lastTransitionTime) : undefined;
  return {
    name: metadata.name,
    uid: metadata.uid,
    created,
    suspended: spec?.suspend === true || held?.status === "True",
    deleting: metadata.deletionTimestamp !== undefined,
    ...(resumed === undefined ? {} : { resumed }),
    ...(spec?.completionMode === "Indexed" ? { parts: partsOf(job) } : {}),
    ...(verdict === undefined
      ? {}
      : {
          verdict: {
            succeeded: SUCCEEDED.includes(verdict.type),
            reason: verdict.reason ?? verdict.type,
            message: verdict.message ?? "",
            at: parseTime(verdict.lastTransitionTime) ?? created,
          },
        }),
  };
}

function partsOf({ spec, status }: Job): NonNullable<JobFacts["parts"]> {
  return {
    of: Math.min(spec?.completions ?? 1, PARTS_MAX),
    succeeded: parseIndexes(status?.completedIndexes),
    failed: parseIndexes(status?.failedIndexes),
  };
}

/** Numbers as a Job's status writes them: `1,3-5` is 1, 3, 4 and 5. */
function parseIndexes(text = ""): readonly number[] {
  return text.split(",").flatMap((range) => {
    const [, first, last = first] = /^(\d+)(?:-(\d+))?$/.exec(range) ?? [];
    if (first === undefined) return [];
    const length = Math.min(Number(last) - Number(first) + 1, PARTS_MAX);
    return Array.from({ length }, (_, i) => Number(first) + i);
  });
}
