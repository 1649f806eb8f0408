import { LABEL, MANAGER } from "../api/metadata.ts";
import type { KindEntry } from "./kind.ts";
import type { ControllerRevision as Revision } from "./objects.ts";
import { freeze, projectMetadata } from "./projecting.ts";

/** Copies of specs that runs follow, their metadata alone. */
export const ControllerRevision = {
  resource: { group: "apps", version: "v1", plural: "controllerrevisions" },
  rights: [
    // patch: which run began with it last, so that no copy goes that is just being taken.
    { verbs: ["get", "list", "watch", "create", "patch", "delete"] },
  ],
  project: (revision: Revision): Revision => freeze({ metadata: projectMetadata(revision) }),
  watch: {
    store: "revisions",
    labelSelector: `${LABEL.managedBy}=${MANAGER},${LABEL.pipeline}`,
    metadataOnly: true,
    indexes: { pipeline: pipelineKeyOfCopy },
  },
} as const satisfies KindEntry<Revision>;

/** One that belongs to somebody else, such as a StatefulSet whose labels look like ours, is not a copy of ours. */
export function pipelineKeyOfCopy({ metadata }: Revision): readonly string[] {
  const name = metadata.labels?.[LABEL.pipeline];
  return name === undefined || metadata.ownerReferences !== undefined ? [] : [`${metadata.namespace}/${name}`];
}
