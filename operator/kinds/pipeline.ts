import { PIPELINE } from "../api/kinds/pipeline.ts";
import type { KindEntry } from "./kind.ts";
import type { CustomObject, PipelineOutline } from "./objects.ts";
import { freeze, pick, projectMetadata } from "./projecting.ts";
import { ownResource } from "./resource.ts";

export const Pipeline = {
  resource: ownResource(PIPELINE),
  rights: [
    // get: what a run that begins now follows, where the cache may lag behind.
    { verbs: ["get", "list", "watch"] },
    { subresource: "status", verbs: ["patch"] },
  ],
  project: projectPipeline,
  watch: { store: "pipelines", indexes: {} },
  decidedBy: ["PipelineRun", "Connection"],
} as const satisfies KindEntry<CustomObject>;

function projectPipeline(object: CustomObject): CustomObject {
  return freeze({ metadata: projectMetadata(object), ...pick(object, ["status"]), outline: outlineOf(object.spec) });
}

/** Nothing here is checked: a spec that is no spec has an outline too. */
export function outlineOf(spec: unknown): PipelineOutline {
  const { suspend, history, schedule, connections } = (spec ?? {}) as Record<string, unknown>;
  const kept = pick({ suspend, history, schedule }, ["suspend", "history", "schedule"]);
  return { ...kept, references: referencesIn(connections) };
}

function referencesIn(connections: unknown): readonly string[] {
  if (typeof connections !== "object" || connections === null) return [];
  const names = Object.values(connections).map((entry: { readonly ref?: unknown } | null) => entry?.ref);
  return [...new Set(names.filter((name) => typeof name === "string"))].sort();
}
