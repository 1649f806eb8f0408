/** The parts of a pod that Pod Security looks at. */
interface PodSpec {
  readonly hostNetwork?: boolean;
  readonly hostPID?: boolean;
  readonly hostIPC?: boolean;
  readonly automountServiceAccountToken?: boolean;
  readonly securityContext?: SecurityContext;
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly volumes?: readonly Readonly<Record<string, unknown>>[];
}

interface SecurityContext {
  readonly runAsNonRoot?: boolean;
  readonly seccompProfile?: { readonly type?: string };
}

interface Container {
  readonly name: string;
  readonly securityContext?: SecurityContext & {
    readonly allowPrivilegeEscalation?: boolean;
    readonly privileged?: boolean;
    readonly readOnlyRootFilesystem?: boolean;
    readonly capabilities?: { readonly drop?: readonly string[]; readonly add?: readonly string[] };
  };
}

/** https://kubernetes.io/docs/concepts/security/pod-security-standards/#restricted */
const VOLUMES = [
  "configMap",
  "csi",
  "downwardAPI",
  "emptyDir",
  "ephemeral",
  // Pod Security of Kubernetes 1.33 and later allows it: the standard's text may lag behind.
  "image",
  "persistentVolumeClaim",
  "projected",
  "secret",
];

/**
 * What keeps a pod from the Pod Security Standard `restricted`, and from kelt's two rules beyond it: a read-only root file
 * system and no service account token unless it is mounted by name.
 */
export function restrictedViolations(pod: PodSpec): readonly string[] {
  const containers = [...(pod.containers ?? []), ...(pod.initContainers ?? [])];
  return [
    ...(["hostNetwork", "hostPID", "hostIPC"] as const).filter((field) => pod[field] === true),
    ...(pod.automountServiceAccountToken === false ? [] : ["automountServiceAccountToken is not false"]),
    ...(pod.volumes ?? []).flatMap(volumeViolations),
    ...containers.flatMap((container) => containerViolations(pod, container)),
    ...(containers.length === 0 ? ["no container"] : []),
  ];
}

function volumeViolations(volume: Readonly<Record<string, unknown>>): readonly string[] {
  const kinds = Object.keys(volume).filter((key) => key !== "name");
  return kinds.filter((kind) => !VOLUMES.includes(kind)).map((kind) => `volume ${volume.name} is a ${kind}`);
}

function containerViolations(pod: PodSpec, { name, securityContext: own = {} }: Container): readonly string[] {
  const profile = own.seccompProfile ?? pod.securityContext?.seccompProfile;
  const rules: readonly (readonly [boolean, string])[] = [
    [own.runAsNonRoot ?? pod.securityContext?.runAsNonRoot ?? false, "runAsNonRoot is not true"],
    [profile?.type === "RuntimeDefault" || profile?.type === "Localhost", "no seccomp profile"],
    [own.allowPrivilegeEscalation === false, "allowPrivilegeEscalation is not false"],
    [own.privileged !== true, "privileged"],
    [own.capabilities?.drop?.includes("ALL") ?? false, "capabilities are not all dropped"],
    [(own.capabilities?.add ?? []).every((capability) => capability === "NET_BIND_SERVICE"), "adds capabilities"],
    [own.readOnlyRootFilesystem === true, "the root file system is writable"],
  ];
  return rules.filter(([holds]) => !holds).map(([, violation]) => `container ${name}: ${violation}`);
}
