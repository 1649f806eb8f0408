import { createHash } from "node:crypto";
import type {
  V1Container,
  V1EnvVar,
  V1Job,
  V1JobSpec,
  V1PodSpec,
  V1ResourceRequirements,
  V1Volume,
  V1VolumeMount,
} from "@kubernetes/client-node";
import { type ConnectionSpec, secretOf, serviceAccountOf } from "../api/connection.ts";
import { durationMs } from "../api/duration.ts";
import { ANNOTATION, API_VERSION, LABEL, MANAGER, type ObjectMeta } from "../api/metadata.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { retriesOf } from "../api/retries.ts";
import { CONNECTIONS_DIRECTORY, PROJECT_DIRECTORY, TASK_SPEC_ENV, WORK_DIRECTORY } from "../api/task.ts";
import { jobName, labelValue } from "./names.ts";
import { containerSecurityContext, podFailurePolicy, podSecurityContext, TASK_CONTAINER } from "./policy.ts";
import { connectionsOf, taskSpecOf } from "./task-spec.ts";

/** What the installation says of every task pod. */
export interface TaskPodSettings {
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly imagePullSecrets: readonly string[];
  /** Used where a node says nothing of its own. */
  readonly resources: NonNullable<PipelineNode["resources"]>;
  /** The account of pods whose connections name none. */
  readonly serviceAccountName?: string;
  readonly priorityClassName?: string;
  /** How long Kubernetes keeps a finished Job with its pod and log. */
  readonly jobTtlSeconds: number;
}

/** One attempt of one node of a run. */
export interface Attempt {
  readonly run: Pick<ObjectMeta, "namespace" | "name" | "uid">;
  readonly pipeline: string;
  /** The run's copy of the spec. */
  readonly spec: PipelineSpec;
  readonly node: string;
  readonly attempt: number;
}

/** The Job of an attempt: one pod, or one for each part, each of one container, no service account token, nothing that `restricted` forbids. */
export function jobOf(attempt: Attempt, settings: TaskPodSettings): V1Job {
  const node = attempt.spec.nodes[attempt.node];
  if (node === undefined) throw new Error(`run ${attempt.run.name} has no node ${attempt.node}`);
  const labels = labelsOf(attempt);
  const spec: V1Job["spec"] = {
    ...completionsOf(node, attempt.spec),
    podReplacementPolicy: "Failed",
    podFailurePolicy,
    ttlSecondsAfterFinished: settings.jobTtlSeconds,
    ...(node.attemptTimeout === undefined ? {} : { activeDeadlineSeconds: secondsOf(node.attemptTimeout) }),
    template: { metadata: { labels }, spec: podSpecOf(attempt, node, settings) },
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(attempt.run.name, attempt.node, attempt.attempt),
      namespace: attempt.run.namespace,
      labels,
      annotations: { [ANNOTATION.specHash]: createHash("sha256").update(JSON.stringify(spec)).digest("hex") },
      ownerReferences: [
        {
          apiVersion: API_VERSION,
          kind: "PipelineRun",
          name: attempt.run.name,
          uid: attempt.run.uid,
          controller: true,
        },
      ],
    },
    spec,
  };
}

/**
 * One pod that the Job does not try again, because attempts are the operator's; or the parts of a fan-out, each of which the Job
 * tries again by itself, until one of them has no try left.
 */
function completionsOf(node: PipelineNode, spec: PipelineSpec): Partial<V1JobSpec> {
  const { pods, parallel = pods } = node.load?.fanOut ?? {};
  if (pods === undefined) return { completions: 1, parallelism: 1, backoffLimit: 0 };
  const { limit } = retriesOf(node, spec);
  return {
    completionMode: "Indexed",
    completions: pods,
    ...(parallel === undefined ? {} : { parallelism: parallel }),
    backoffLimitPerIndex: limit,
    maxFailedIndexes: 0,
  };
}

function labelsOf({ run, pipeline, node, attempt }: Attempt): Record<string, string> {
  return {
    [LABEL.managedBy]: MANAGER,
    [LABEL.pipeline]: labelValue(pipeline),
    [LABEL.run]: labelValue(run.name),
    [LABEL.runUid]: run.uid,
    [LABEL.node]: node,
    [LABEL.attempt]: String(attempt),
  };
}

function podSpecOf(attempt: Attempt, node: PipelineNode, settings: TaskPodSettings): V1PodSpec {
  const volumes = volumesOf(attempt, node);
  const used = connectionsOf(node).map((name) => attempt.spec.connections?.[name] ?? {});
  return podSpec(containerOf(attempt, node, settings, volumes), volumes, asAccountOf(used, settings));
}

/** The settings of a pod that uses these connections: it runs as the account that one of them names; validation allows one alone. */
export function asAccountOf(used: readonly ConnectionSpec[], settings: TaskPodSettings): TaskPodSettings {
  const serviceAccountName = used.map(serviceAccountOf).find((account) => account !== undefined);
  return serviceAccountName === undefined ? settings : { ...settings, serviceAccountName };
}

/** A pod of one container, as the installation's settings and `restricted` want it. */
export function podSpec(container: V1Container, volumes: readonly Mounted[], settings: TaskPodSettings): V1PodSpec {
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: podSecurityContext,
    containers: [container],
    volumes: volumes.map(({ volume }) => volume),
    ...(settings.imagePullSecrets.length === 0
      ? {}
      : { imagePullSecrets: settings.imagePullSecrets.map((name) => ({ name })) }),
    ...(settings.serviceAccountName === undefined ? {} : { serviceAccountName: settings.serviceAccountName }),
    ...(settings.priorityClassName === undefined ? {} : { priorityClassName: settings.priorityClassName }),
  };
}

function containerOf(
  attempt: Attempt,
  node: PipelineNode,
  settings: TaskPodSettings,
  volumes: readonly Mounted[],
): V1Container {
  const own = node.container;
  return {
    name: TASK_CONTAINER,
    image: own?.image ?? settings.image,
    imagePullPolicy: settings.imagePullPolicy,
    ...(own?.command === undefined ? {} : { command: own.command.map(literal) }),
    ...(own?.args === undefined ? {} : { args: own.args.map(literal) }),
    env: environmentOf(attempt, node),
    volumeMounts: volumes.map(({ mount }) => mount),
    resources: resourcesOf(node.resources ?? settings.resources),
    securityContext: containerSecurityContext,
    terminationMessagePolicy: "File",
  };
}

function environmentOf(attempt: Attempt, node: PipelineNode): V1EnvVar[] {
  const run = {
    namespace: attempt.run.namespace,
    pipeline: attempt.pipeline,
    name: attempt.run.name,
    uid: attempt.run.uid,
  };
  const task = taskSpecOf(run, { name: attempt.node, node, attempt: attempt.attempt }, attempt.spec);
  const own = Object.entries(node.container?.env ?? {}).map(([name, value]) => ({ name, value: literal(value) }));
  return task === undefined ? own : [{ name: TASK_SPEC_ENV, value: literal(JSON.stringify(task)) }, ...own];
}

/** Kubernetes replaces `$(NAME)` in values, commands and arguments; ours are data and stay as they are written. */
export function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

export interface Mounted {
  readonly volume: V1Volume;
  readonly mount: V1VolumeMount;
}

/**
 * Secrets and ConfigMaps are mounted as optional: one that does not exist is then reported by the task, by name and with what to
 * do, instead of a pod that hangs without a word in its status.
 */
function volumesOf({ spec }: Attempt, node: PipelineNode): Mounted[] {
  const volumes: Mounted[] = [
    { volume: { name: "work", emptyDir: { sizeLimit: "10Gi" } }, mount: { name: "work", mountPath: WORK_DIRECTORY } },
    ...connectionsOf(node).flatMap((name) => connectionVolumes(name, spec.connections?.[name] ?? {})),
  ];
  const project = node.transform?.project.configMap;
  if (project !== undefined) {
    volumes.push({
      volume: { name: "project", configMap: { name: project, optional: true } },
      mount: { name: "project", mountPath: PROJECT_DIRECTORY, readOnly: true },
    });
  }
  return volumes;
}

/** What of a connection is mounted, where the task looks for it: at most one volume. */
export function connectionVolumes(name: string, connection: ConnectionSpec): Mounted[] {
  const source = volumeSourceOf(connection);
  if (source === undefined) return [];
  return [
    {
      volume: { name: `connection-${name}`, ...source },
      mount: { name: `connection-${name}`, mountPath: `${CONNECTIONS_DIRECTORY}/${name}`, readOnly: true },
    },
  ];
}

/** What a connection needs to be mounted: its Secret, or the volume that its files lie in. */
function volumeSourceOf(connection: ConnectionSpec): Omit<V1Volume, "name"> | undefined {
  const secretName = secretOf(connection);
  if (secretName !== undefined) return { secret: { secretName, optional: true, defaultMode: 0o440 } };
  const { configMap, persistentVolumeClaim: claimName } = connection.files ?? {};
  if (configMap !== undefined) return { configMap: { name: configMap, optional: true } };
  return claimName === undefined ? undefined : { persistentVolumeClaim: { claimName, readOnly: true } };
}

export function resourcesOf({ requests, limits }: NonNullable<PipelineNode["resources"]>): V1ResourceRequirements {
  return {
    ...(requests === undefined ? {} : { requests: defined(requests) }),
    ...(limits === undefined ? {} : { limits: defined(limits) }),
  };
}

function defined(amounts: {
  readonly cpu?: string | undefined;
  readonly memory?: string | undefined;
}): Record<string, string> {
  const { cpu, memory } = amounts;
  return { ...(cpu === undefined ? {} : { cpu }), ...(memory === undefined ? {} : { memory }) };
}

function secondsOf(duration: string): number {
  return Math.max(1, Math.ceil(durationMs(duration) / 1000));
}
