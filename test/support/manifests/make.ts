import type { ObjectMeta } from "#api/metadata.ts";
import { type PipelineSpec, PipelineSpec as PipelineSpecSchema } from "#api/pipeline.ts";
import type { PipelineRunStatus } from "#api/pipeline-run.ts";
import { CONTRACT_VERSION, type TaskResult } from "#api/task.ts";
import { readCopy } from "../../../operator/run/copy.ts";
import type { AttemptFacts, Facts, JobFacts, PodFacts } from "../../../operator/run/facts.ts";

/** A moment that all facts of a test start from. */
export const T0 = Date.parse("2026-11-21T06:00:00.000Z");
export const RUN_UID = "11111111-2222-3333-4444-555555555555";

/** A pipeline of nodes that only run a container, from node → what it needs. */
export function aPipeline(
  needs: Readonly<Record<string, readonly string[]>>,
  more: object = {},
  node: object = {},
): PipelineSpec {
  const nodes = Object.fromEntries(
    Object.entries(needs).map(([name, list]) => [
      name,
      { needs: [...list], container: { command: ["/bin/true"] }, ...node },
    ]),
  );
  return PipelineSpecSchema.parse({ nodes, ...more });
}

export function aMeta(more: Partial<ObjectMeta> = {}): ObjectMeta {
  return {
    name: "films-1",
    namespace: "demo",
    uid: RUN_UID,
    resourceVersion: "1",
    generation: 1,
    creationTimestamp: new Date(T0).toISOString(),
    ...more,
  };
}

/** Facts of a run that has begun with the spec, at T0 unless `now` says else. */
export function someFacts(
  spec: PipelineSpec,
  more: Partial<Omit<Facts, "run">> & { readonly status?: PipelineRunStatus } = {},
): Facts {
  const { status, ...rest } = more;
  return {
    now: T0,
    run: {
      meta: aMeta(),
      spec: { pipeline: "films" },
      status: {
        pipelineRevision: { name: "films-1234", digest: "1234" },
        pipelineUid: "uid-films",
        pipelineGeneration: 1,
        started: new Date(T0).toISOString(),
        conditions: [
          {
            type: "Succeeded",
            status: "Unknown",
            reason: "Running",
            message: "",
            observedGeneration: 1,
            lastTransitionTime: new Date(T0).toISOString(),
          },
        ],
        nodes: Object.fromEntries(Object.keys(spec.nodes).map((name) => [name, { state: "Pending" as const }])),
        ...status,
      },
    },
    copy: readCopy(spec),
    connections: new Map(),
    attempts: new Map(),
    refusals: new Map(),
    troubles: new Map(),
    ...rest,
  };
}

export function aJob(name: string, more: Partial<JobFacts> = {}): JobFacts {
  return { name, uid: `uid-of-${name}`, created: T0, suspended: false, deleting: false, ...more };
}

export function aPod(more: Partial<PodFacts> = {}): PodFacts {
  return { name: "pod", uid: "uid-of-pod", created: T0, failed: false, disrupted: false, ...more };
}

/** A pod whose task container ended. */
export function anEndedPod(exitCode: number, message = "", more: Partial<PodFacts> = {}): PodFacts {
  return aPod({
    failed: exitCode !== 0,
    terminated: { exitCode, reason: exitCode === 0 ? "Completed" : "Error", message, at: T0 + 1000 },
    ...more,
  });
}

export function anAttempt(
  node: string,
  attempt: number,
  pods: readonly PodFacts[] = [],
  job: Partial<JobFacts> = {},
): AttemptFacts {
  return { attempt, job: aJob(`films-1-${node}-a${attempt}`, job), pods };
}

/** A Job that the Job controller has judged to have failed. */
export function aFailedJob(reason: string, at = T0 + 2000): Partial<JobFacts> {
  return { verdict: { succeeded: false, reason, message: "", at } };
}

export function aResult(node: string, attempt: number, more: Partial<TaskResult> = {}): string {
  return JSON.stringify({
    version: CONTRACT_VERSION,
    run: RUN_UID,
    node,
    attempt,
    outcome: "succeeded",
    message: "done",
    ...more,
  });
}
