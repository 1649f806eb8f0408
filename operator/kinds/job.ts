import { LABEL, type ObjectMeta } from "../api/metadata.ts";
import { jobFingerprint } from "./fingerprint.ts";
import type { KindEntry } from "./kind.ts";
import type { Job as JobObject } from "./objects.ts";
import { freeze, pick, projectCondition, projectMetadata } from "./projecting.ts";

export const Job = {
  resource: { group: "batch", version: "v1", plural: "jobs" },
  rights: [
    // get: whose Job it is that has the name already.
    { verbs: ["get", "list", "watch", "create", "delete"] },
  ],
  project: projectJob,
  watch: { store: "jobs", labelSelector: LABEL.runUid, indexes: { run: runUidOf, open: openIn } },
} as const satisfies KindEntry<JobObject>;

/** The uid of the run, or of the Connection, whose label the object has. */
export function runUidOf({ metadata }: { readonly metadata: ObjectMeta }): readonly string[] {
  const uid = metadata.labels?.[LABEL.runUid];
  return uid === undefined ? [] : [uid];
}

const VERDICTS: readonly string[] = ["Complete", "Failed"];

/** The namespace of a node's Job that has not ended. */
export function openIn({ metadata, status }: JobObject): readonly string[] {
  const hasEnded = status?.conditions?.some(({ type, status: holds }) => VERDICTS.includes(type) && holds === "True");
  return metadata.labels?.[LABEL.node] === undefined || hasEnded === true ? [] : [metadata.namespace];
}

function projectJob({ metadata, spec, status }: JobObject): JobObject {
  return freeze({
    metadata: projectMetadata({ metadata }),
    spec: {
      ...pick(spec, ["suspend", "completions", "parallelism", "completionMode", "activeDeadlineSeconds"]),
      fingerprint: jobFingerprint(spec),
    },
    status: {
      ...pick(status, ["completedIndexes", "failedIndexes", "startTime"]),
      conditions: (status?.conditions ?? []).map(projectCondition),
    },
  });
}
