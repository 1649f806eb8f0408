import { PIPELINE_RUN } from "../api/kinds/pipeline-run.ts";
import type { KindEntry } from "./kind.ts";
import type { CustomObject } from "./objects.ts";
import { projectCustom } from "./projecting.ts";
import { ownResource } from "./resource.ts";

export const PipelineRun = {
  resource: ownResource(PIPELINE_RUN),
  rights: [
    // create: the runs of slots; get: whose the run is that has such a name. delete: the history limit and the time to live of finished
    // runs. patch: the label of the Pipeline, and that a run makes room for a later slot.
    { verbs: ["get", "list", "watch", "create", "patch", "delete"] },
    { subresource: "status", verbs: ["patch"] },
  ],
  project: projectCustom,
  watch: {
    store: "runs",
    indexes: { pipeline: pipelineKeyOf, namespace: ({ metadata }: CustomObject) => [metadata.namespace] },
  },
  // A run begins by the API server's own word of its Pipeline, a minute late where no cache shows that.
  decidedBy: ["Job", "Pod"],
} as const satisfies KindEntry<CustomObject>;

/** The Pipeline that a run names, as a key; nothing for a run whose spec is no spec. */
export function pipelineKeyOf(run: CustomObject): readonly string[] {
  const name = (run.spec as { readonly pipeline?: unknown } | null | undefined)?.pipeline;
  return typeof name === "string" ? [`${run.metadata.namespace}/${name}`] : [];
}
