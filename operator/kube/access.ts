import { ApiError } from "./api-error.ts";
import { type Kind, RESOURCES } from "./kinds.ts";

export const VERBS = ["get", "list", "watch", "create", "patch", "delete"] as const;
export type Verb = (typeof VERBS)[number];

export interface Grant {
  readonly kind: Kind;
  /** `status`; without it the object itself. */
  readonly subresource?: string;
  readonly verbs: readonly Verb[];
}

/**
 * Every verb that the operator uses, and why. The port refuses what is not here and the chart's roles are generated
 * from it, so that code and rights cannot differ. No Secrets and no ConfigMaps: the kubelet mounts them into the Jobs.
 */
export const ACCESS: readonly Grant[] = [
  // get: what a run that begins now follows, where the cache may lag behind.
  { kind: "Pipeline", verbs: ["get", "list", "watch"] },
  { kind: "Pipeline", subresource: "status", verbs: ["patch"] },
  // delete: the history limit and the time to live of finished runs.
  { kind: "PipelineRun", verbs: ["list", "watch", "delete"] },
  { kind: "PipelineRun", subresource: "status", verbs: ["patch"] },
  // get: as for Pipelines, those that the Pipeline names.
  { kind: "Connection", verbs: ["get", "list", "watch"] },
  // What the test of a connection found.
  { kind: "Connection", subresource: "status", verbs: ["patch"] },
  // get: whose Job it is that has the name already.
  { kind: "Job", verbs: ["get", "list", "watch", "create", "delete"] },
  { kind: "Pod", verbs: ["list", "watch"] },
  { kind: "Event", verbs: ["create"] },
  // Only in the operator's own namespace.
  { kind: "Lease", verbs: ["get", "create", "patch"] },
];

/** One call as the access table sees it. */
export interface Attempt {
  readonly verb: Verb;
  readonly kind: Kind;
  readonly subresource?: string | undefined;
}

export function resourceName(kind: Kind, subresource?: string): string {
  return subresource === undefined ? RESOURCES[kind].plural : `${RESOURCES[kind].plural}/${subresource}`;
}

/** Throws an {@link ApiError} with status 403 when the table does not grant the call. */
export function assertGranted(access: readonly Grant[], { verb, kind, subresource }: Attempt): void {
  const granted = access.some(
    (grant) => grant.kind === kind && grant.subresource === subresource && grant.verbs.includes(verb),
  );
  if (granted) return;
  throw new ApiError("the operator's access table does not grant this; add it to operator/kube/access.ts if it must", {
    status: 403,
    reason: "NotGranted",
    verb,
    resource: resourceName(kind, subresource),
  });
}
