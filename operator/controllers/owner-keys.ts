import { API_VERSION, type ObjectMeta } from "#api/metadata.ts";

/** The run that controls a Job, as a key of the queue. */
export function ownerKeys({ namespace, ownerReferences = [] }: ObjectMeta): string[] {
  return ownerReferences
    .filter((owner) => owner.controller === true && owner.kind === "PipelineRun" && owner.apiVersion === API_VERSION)
    .map((owner) => `${namespace}/${owner.name}`);
}
