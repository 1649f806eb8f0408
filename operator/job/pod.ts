import type {
  V1Affinity,
  V1Container,
  V1EnvVar,
  V1PodSpec,
  V1Toleration,
  V1TopologySpreadConstraint,
} from "@kubernetes/client-node";
import { type ConnectionSpec, serviceAccountOf } from "../api/connection.ts";
import { DEFAULT_POD, mergePod, OWN_ENV, type PodSettings } from "../api/pod.ts";
import type { Resources } from "../api/resources.ts";
import type { Network } from "../api/task.ts";
import { podSecurityContext } from "./policy.ts";
import type { PodVolumes } from "./volumes.ts";

/** What the installation says of every task pod. */
export interface TaskPodSettings {
  readonly image: string;
  /** When the installation's image is pulled. */
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  readonly imagePullSecrets: readonly string[];
  /** Amounts that neither the node nor its pipeline says. */
  readonly resources: Resources;
  /** Settings that neither the node nor its pipeline says; {@link DEFAULT_POD} where the installation says nothing. */
  readonly pod?: PodSettings;
  /** Where the pods' sockets may go, beside the task image's own rules. */
  readonly network?: Network;
  /** Where tasks look up packages of dbt's hub; dbt's own where it is missing. */
  readonly hubUrl?: string;
  /** How long Kubernetes keeps a finished Job with its pod and log. */
  readonly jobTtlSeconds: number;
}

/** The installation's settings of a pod; the registry's passwords are given with the image. */
export function installationPod({ pod = DEFAULT_POD, imagePullSecrets }: TaskPodSettings): PodSettings {
  return mergePod(pod, { imagePullSecrets: imagePullSecrets.map((name) => ({ name })) });
}

/** The account that one of these connections names; validation lets a node name one alone. */
export function accountOf(used: readonly ConnectionSpec[]): PodSettings {
  const serviceAccountName = used.map(serviceAccountOf).find((account) => account !== undefined);
  return serviceAccountName === undefined ? {} : { serviceAccountName };
}

/**
 * A pod of one container, as its settings and `restricted` want it. What keeps the promises of every task pod is written here and
 * comes from no setting: it never restarts, has no token for the API server, and its user is not root.
 */
export function podSpec(container: V1Container, { volumes }: PodVolumes, pod: PodSettings): V1PodSpec {
  const { nodeSelector, tolerations, affinity, topologySpreadConstraints, priorityClassName, serviceAccountName } = pod;
  const { imagePullSecrets = [], securityContext = {} } = pod;
  return {
    restartPolicy: "Never",
    automountServiceAccountToken: false,
    enableServiceLinks: false,
    securityContext: { ...plain<object>(securityContext), ...podSecurityContext },
    containers: [container],
    volumes,
    ...(imagePullSecrets.length === 0 ? {} : { imagePullSecrets }),
    ...(serviceAccountName === undefined ? {} : { serviceAccountName }),
    ...(priorityClassName === undefined ? {} : { priorityClassName }),
    ...(nodeSelector === undefined ? {} : { nodeSelector }),
    ...(tolerations === undefined ? {} : { tolerations: plain<V1Toleration[]>(tolerations) }),
    ...(affinity === undefined ? {} : { affinity: plain<V1Affinity>(affinity) }),
    ...(topologySpreadConstraints === undefined
      ? {}
      : { topologySpreadConstraints: plain<V1TopologySpreadConstraint[]>(topologySpreadConstraints) }),
  };
}

/** The variables of a pod's settings. Validation refuses those that are kelt's; were one to slip through, it would come to nothing. */
export function podEnvironment({ env = [] }: PodSettings): V1EnvVar[] {
  return env
    .filter(({ name }) => !OWN_ENV.test(name))
    .map(({ name, value, valueFrom }) =>
      value === undefined
        ? { name, valueFrom: plain<NonNullable<V1EnvVar["valueFrom"]>>(valueFrom) }
        : { name, value: literal(value) },
    );
}

/** Kubernetes replaces `$(NAME)` in values, commands and arguments; ours are data and stay as they are written. */
export function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

/** Settings have Kubernetes' own shapes; its types only know no field that is there and undefined. */
function plain<T>(settings: unknown): T {
  return JSON.parse(JSON.stringify(settings)) as T;
}
