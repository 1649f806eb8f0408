import type { ObjectMeta } from "#api/metadata.ts";
import { PipelineRunStatus } from "#api/pipeline-run.ts";
import type { CustomObject } from "../../kinds/objects.ts";
import type { Kube } from "../../kube/kube.ts";
import type { RunSummary } from "../../run/own-runs.ts";

/** The part of a run's status that its Pipeline speaks of; the nodes of a thousand runs are not read for it. */
const SummarizedStatus = PipelineRunStatus.pick({
  conditions: true,
  started: true,
  finished: true,
  health: true,
  pipelineUid: true,
  pipelineRevision: true,
});

/** A run whose status cannot be read is its own reconcile's trouble: the Pipeline and its other runs go on. */
export function runFacts({ metadata, spec, status }: CustomObject): RunSummary[] {
  const parsed = SummarizedStatus.safeParse(status ?? {});
  const said = spec as { readonly scheduled?: unknown; readonly cancelled?: unknown } | null | undefined;
  const scheduled = typeof said?.scheduled === "string" ? said.scheduled : undefined;
  const summary = { scheduled, cancelled: said?.cancelled === true };
  return parsed.success ? [{ meta: metadata, spec: summary, status: parsed.data }] : [];
}

/** The runs that name a Pipeline, as the API server has them now; nothing is kept of their nodes. */
export async function runsOf(kube: Kube, { namespace, name }: ObjectMeta): Promise<readonly CustomObject[]> {
  const project = ({ metadata, spec, status }: CustomObject): CustomObject => {
    const { nodes: _, ...summary } = (status ?? {}) as { readonly nodes?: unknown };
    return { metadata, spec, status: summary };
  };
  const fieldSelector = `spec.pipeline=${name}`;
  const { items } = await kube.list("PipelineRun", { namespace, fieldSelector, project });
  return items;
}
