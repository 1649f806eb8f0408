import type {
  V1Container,
  V1EnvVar,
  V1Job,
  V1JobSpec,
  V1PodSpec,
  V1ResourceRequirements,
} from "@kubernetes/client-node";
import { durationMs } from "../api/duration.ts";
import { ANNOTATION, API_VERSION, LABEL, MANAGER, type ObjectMeta } from "../api/metadata.ts";
import { ALL_UNIT, type TaskUnit } from "../api/packing.ts";
import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { mergePod, type PodSettings } from "../api/pod.ts";
import type { InstalledPackages } from "../api/project-packages.ts";
import type { ReportChannel } from "../api/report.ts";
import { fitResources, growMemory, mergeResources, type Resources } from "../api/resources.ts";
import { retriesOf } from "../api/retries.ts";
import { CONNECTIONS_ENV, TASK_CONTAINER, TASK_SPEC_ENV } from "../api/task.ts";
import { jobName, labelValue } from "./names.ts";
import { accountOf, installationPod, literal, podEnvironment, podSpec, type TaskPodSettings } from "./pod.ts";
import { containerSecurityContext, heldPodFailurePolicy, podFailurePolicy } from "./policy.ts";
import { REPORT_TOKEN, reportVariable } from "./report-channel.ts";
import { connectionsOf, taskConnectionsOf, taskSpecOf } from "./task-spec.ts";
import { type PodVolumes, podVolumes, volumesOf } from "./volumes.ts";

export type { TaskPodSettings } from "./pod.ts";

/** One attempt of one node of a run. */
export interface Attempt {
  readonly run: Pick<ObjectMeta, "namespace" | "name" | "uid">;
  readonly pipeline: string;
  /** The run's copy of the spec. */
  readonly spec: PipelineSpec;
  readonly node: string;
  readonly attempt: number;
  /** Which part of a packed node it is; `node` is then its key. */
  readonly unit?: TaskUnit;
  /** How often attempts before this one were killed for their memory. */
  readonly outOfMemory?: number;
  /** The commit of the node's git project, where the run knows it. */
  readonly commit?: string;
  /** Packages that attempts of the run have installed for the node's project. */
  readonly chosenPackages?: readonly InstalledPackages[];
  /** How the task tells the operator how it stands; a program of the user's own tells nothing. */
  readonly report?: ReportChannel;
}

/** A held Job counts its deadline from when it was made: it has so much more. The operator ends the attempt in time. */
const HELD_SECONDS = 90;

/** The Job of an attempt: one pod, or one for each part, each of one container, no token for the API server, nothing that `restricted` forbids. */
export function jobOf(attempt: Attempt, settings: TaskPodSettings): V1Job {
  const node = attempt.spec.nodes[attempt.node];
  if (node === undefined) throw new Error(`run ${attempt.run.name} has no node ${attempt.node}`);
  const pod = podOf(attempt, node, settings);
  const labels = { ...pod.labels, ...labelsOf(attempt) };
  const { annotations } = pod;
  const isHeld = reportOf(attempt, node)?.hold === true;
  const spec: V1Job["spec"] = {
    ...completionsOf(node, attempt.spec),
    podReplacementPolicy: "Failed",
    podFailurePolicy: isHeld ? heldPodFailurePolicy : podFailurePolicy,
    ttlSecondsAfterFinished: settings.jobTtlSeconds,
    ...(node.attemptTimeout === undefined
      ? {}
      : { activeDeadlineSeconds: secondsOf(node.attemptTimeout) + (isHeld ? HELD_SECONDS : 0) }),
    template: {
      metadata: { labels, annotations: { ...annotations, [ANNOTATION.defaultContainer]: TASK_CONTAINER } },
      spec: podSpecOf(attempt, { node, pod, settings }),
    },
  };
  return {
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: jobName(attempt.run.name, attempt.node, attempt.attempt),
      namespace: attempt.run.namespace,
      labels,
      ...(annotations === undefined ? {} : { annotations }),
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
  const { limit, limits } = retriesOf(node, spec);
  return {
    completionMode: "Indexed",
    completions: pods,
    ...(parallel === undefined ? {} : { parallelism: parallel }),
    backoffLimitPerIndex: limits.transient ?? limit,
    maxFailedIndexes: 0,
  };
}

function labelsOf({ run, pipeline, node, unit, attempt }: Attempt): Record<string, string> {
  return {
    [LABEL.managedBy]: MANAGER,
    [LABEL.pipeline]: labelValue(pipeline),
    [LABEL.run]: labelValue(run.name),
    [LABEL.runUid]: run.uid,
    [LABEL.node]: unit?.node ?? node,
    ...(unit === undefined ? {} : { [LABEL.unit]: unit.name }),
    [LABEL.attempt]: String(attempt),
  };
}

/** The settings of a node's pod: the account of its connections, its own, the pipeline's, the installation's. */
function podOf({ spec }: Attempt, node: PipelineNode, settings: TaskPodSettings): PodSettings {
  const used = connectionsOf(node).map((name) => spec.connections?.[name] ?? {});
  const said = mergePod(node.pod, mergePod(spec.pod, installationPod(settings)));
  return mergePod(accountOf(used), said);
}

/** A node with all that its pod is made from. */
interface PodContext {
  readonly node: PipelineNode;
  readonly pod: PodSettings;
  readonly settings: TaskPodSettings;
}

function podSpecOf(attempt: Attempt, parts: PodContext): V1PodSpec {
  const token = reportOf(attempt, parts.node) === undefined ? [] : [REPORT_TOKEN];
  const volumes = podVolumes(token, volumesOf(attempt.spec, parts.node));
  return podSpec(containerOf(attempt, parts, volumes), volumes, parts.pod);
}

function containerOf(attempt: Attempt, { node, pod, settings }: PodContext, { volumeMounts }: PodVolumes): V1Container {
  const own = node.container;
  const said = mergeResources(node.resources, attempt.spec.resources);
  return {
    name: TASK_CONTAINER,
    image: own?.image ?? settings.image,
    ...pullPolicyOf(own, settings),
    ...(own?.command === undefined ? {} : { command: own.command.map(literal) }),
    ...(own?.args === undefined ? {} : { args: own.args.map(literal) }),
    env: environmentOf(attempt, { node, pod, settings }),
    volumeMounts,
    resources: resourcesOf(grown(fitResources(said, settings.resources), attempt, node)),
    securityContext: containerSecurityContext,
    terminationMessagePolicy: "File",
  };
}

/** More memory than the manifest says, where attempts were killed for theirs and that is asked for. */
function grown(resources: Resources, { outOfMemory = 0, spec }: Attempt, node: PipelineNode): Resources {
  const { memory } = retriesOf(node, spec);
  const isParted = node.load?.fanOut !== undefined;
  return memory === undefined || isParted ? resources : growMemory(resources, memory, outOfMemory);
}

/** The channel by which a node's task reports: a task of our own, where the operator listens. */
function reportOf({ report }: Attempt, { container }: PipelineNode): ReportChannel | undefined {
  return container === undefined ? report : undefined;
}

/** The installation's policy is for the installation's image. For others the API server has its rule: Always for :latest and no tag. */
function pullPolicyOf(own: PipelineNode["container"], settings: TaskPodSettings): Pick<V1Container, "imagePullPolicy"> {
  const policy = own?.imagePullPolicy ?? (own?.image === undefined ? settings.imagePullPolicy : undefined);
  return policy === undefined ? {} : { imagePullPolicy: policy };
}

/** What kelt tells the task, and what the manifest says: of a name that stands twice, the nearer value. */
function environmentOf(attempt: Attempt, { node, pod, settings }: PodContext): V1EnvVar[] {
  const env = Object.entries(node.container?.env ?? {}).map(([name, value]) => ({ name, value }));
  const report = reportOf(attempt, node);
  const own = [...workOf(attempt, node, settings), ...(report === undefined ? [] : [reportVariable(report)])];
  return [...own, ...podEnvironment(mergePod({ env }, pod))];
}

function workOf(attempt: Attempt, node: PipelineNode, { network, hubUrl }: TaskPodSettings): V1EnvVar[] {
  const { namespace, name, uid } = attempt.run;
  const run = { namespace, pipeline: attempt.pipeline, name, uid };
  const task = taskSpecOf(run, { name: attempt.node, node, attempt: attempt.attempt }, attempt.spec);
  if (task !== undefined) {
    const { commit, chosenPackages, unit } = attempt;
    const sent = {
      ...task,
      ...(unit === undefined || unit.name === ALL_UNIT ? {} : { unit }),
      ...(network === undefined ? {} : { network }),
      ...(hubUrl === undefined || task.work.verb !== "transform" ? {} : { hubUrl }),
      ...(commit === undefined ? {} : { commit }),
      ...(chosenPackages === undefined ? {} : { chosenPackages }),
    };
    return [{ name: TASK_SPEC_ENV, value: literal(JSON.stringify(sent)) }];
  }
  const connections = taskConnectionsOf(node, attempt.spec);
  if (Object.keys(connections).length === 0) return [];
  return [{ name: CONNECTIONS_ENV, value: literal(JSON.stringify(connections)) }];
}

/** Amounts as Kubernetes holds them: texts. */
export function resourcesOf({ requests, limits }: Resources): V1ResourceRequirements {
  return {
    ...(requests === undefined ? {} : { requests: texts(requests) }),
    ...(limits === undefined ? {} : { limits: texts(limits) }),
  };
}

function texts(amounts: NonNullable<Resources["requests"]>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(amounts).flatMap(([name, amount]) => (amount === undefined ? [] : [[name, String(amount)]])),
  );
}

function secondsOf(duration: string): number {
  return Math.max(1, Math.ceil(durationMs(duration) / 1000));
}
