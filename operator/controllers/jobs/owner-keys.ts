import { API_VERSION, type ObjectMeta } from "#api/metadata.ts";
import type { ControlledKind } from "../../kinds/kinds.ts";

/** The object of ours that controls a Job, as a key of its queue. */
export function ownerKeys(
  { namespace, ownerReferences = [] }: ObjectMeta,
  kind: ControlledKind = "PipelineRun",
): string[] {
  return ownerReferences
    .filter((owner) => owner.controller === true && owner.kind === kind && owner.apiVersion === API_VERSION)
    .map((owner) => `${namespace}/${owner.name}`);
}
