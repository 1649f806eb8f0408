import { PARTS_MAX } from "#api/load/fan-out.ts";
import type { Job, JobCondition } from "../../kinds/objects.ts";
import type { JobFacts } from "../../run/facts.ts";
import type { Seen } from "./sightings.ts";

/** The interim conditions come before the final ones and never turn (KEP-3998), so the first of them is the verdict. */
const FAILED = ["FailureTarget", "Failed"];
const SUCCEEDED = ["SuccessCriteriaMet", "Complete"];
/** The Job controller's word on whether the Job is held back; it comes a moment after `spec.suspend` has changed. */
const HELD = "Suspended";

/** What a Job says, its times as the operator first saw them. */
export function jobFacts(job: Job, seen: Seen): JobFacts {
  const { metadata, spec, status } = job;
  const verdict = verdictOf(job);
  const held = status?.conditions?.find(({ type }) => type === HELD);
  const resumed = held?.status === "False" ? seen(`resumed ${held.lastTransitionTime ?? ""}`) : undefined;
  return {
    name: metadata.name,
    uid: metadata.uid,
    created: seen("created"),
    suspended: spec?.suspend === true || held?.status === "True" || spec?.parallelism === 0,
    ...(spec?.parallelism === 0 ? { withoutPods: true as const } : {}),
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
            at: seen("judged"),
          },
        }),
  };
}

/** Whether the Job controller has judged the Job. */
export function hasVerdict(job: Job): boolean {
  return verdictOf(job) !== undefined;
}

function verdictOf({ status }: Job): JobCondition | undefined {
  const met = (types: readonly string[]) =>
    status?.conditions?.find((condition) => types.includes(condition.type) && condition.status === "True");
  return met(FAILED) ?? met(SUCCEEDED);
}

function partsOf({ spec, status }: Job): NonNullable<JobFacts["parts"]> {
  return {
    of: Math.min(spec?.completions ?? 1, PARTS_MAX),
    parallel: Math.min(spec?.parallelism ?? 1, PARTS_MAX),
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
