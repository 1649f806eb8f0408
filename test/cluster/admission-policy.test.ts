import { randomBytes } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DEFAULT_POD } from "#api/pod.ts";
import { Seal } from "../../operator/controllers/jobs/seal.ts";
import { containerSecurityContext, podSecurityContext } from "../../operator/job/policy.ts";
import type { NewObject } from "../../operator/kube/kube.ts";
import { helmTemplate } from "../support/cluster/chart.ts";
import { type Answer, kubectl, mustKubectl } from "../support/cluster/cluster.ts";
import { realJobs } from "../support/cluster/real-jobs.ts";
import { RUN_UID } from "../support/manifests/make.ts";

/** Roles and policy under a name of the test's own; the policy looks at that one account's requests alone. */
const NAME = `kelt-policy-${randomBytes(4).toString("hex")}`;
const OPERATOR = `--as=system:serviceaccount:${NAME}:${NAME}`;
/** Where the pipelines are: not the operator's namespace. */
const NAMESPACE = `${NAME}-pipelines`;
const installed = helmTemplate(
  `--namespace=${NAME}`,
  `--set=fullnameOverride=${NAME},admissionPolicy.enabled=true,image.task.repository=kelt/task`,
  "--set-string=image.task.tag=1",
  "--set=admissionPolicy.allow.serviceAccounts={reader},admissionPolicy.allow.images={busybox:}",
  "--set=admissionPolicy.allow.nodeLabels={pool},admissionPolicy.allow.taints={etl},tasks.pod.priorityClassName=etl",
  ...["access", "service-account", "admission-policy"].map((file) => `--show-only=templates/${file}.yaml`),
).stdout;

const settings = {
  image: "kelt/task:1",
  imagePullPolicy: "Never",
  imagePullSecrets: ["registry"],
  resources: { limits: { memory: "512Mi" } },
  jobTtlSeconds: 60,
  pod: { ...DEFAULT_POD, priorityClassName: "etl" },
} as const;
const seal = new Seal(Buffer.alloc(32, "key"));
const sealedJobs = realJobs(NAMESPACE, settings).map(({ of, node, job }) => {
  const claim = { namespace: NAMESPACE, owner: RUN_UID, node, attempt: 1 };
  return { of, job: seal.put(claim, job as unknown as NewObject) as unknown as Manifest };
});

interface Manifest {
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly spec: {
    readonly template: { readonly metadata?: object; readonly spec: PodSpec };
    readonly [field: string]: unknown;
  };
}
interface PodSpec {
  readonly containers: readonly Container[];
  readonly volumes?: readonly object[];
  readonly [field: string]: unknown;
}
interface Container {
  readonly env?: readonly object[];
  readonly volumeMounts?: readonly object[];
  readonly [field: string]: unknown;
}

const LOAD = sealedJobs.find(({ of }) => of === "node raw of films")?.job ?? expect.fail("no load in the films sample");
const CONTAINER = sealedJobs.find(({ of }) => of === "node container of own")?.job ?? expect.fail("no container node");

const withMeta = (more: object): Manifest => ({ ...LOAD, metadata: { ...LOAD.metadata, ...more } });
const withSpec = (more: object): Manifest => ({ ...LOAD, spec: { ...LOAD.spec, ...more } });
const withTemplate = (more: object): Manifest => withSpec({ template: { ...LOAD.spec.template, ...more } });
const withPod = (more: object): Manifest => withTemplate({ spec: { ...LOAD.spec.template.spec, ...more } });
const [TASK] = LOAD.spec.template.spec.containers;
const withTask = (more: object): Manifest => withPod({ containers: [{ ...TASK, ...more }] });
const withEnv = (...entries: readonly object[]) => withTask({ env: [...(TASK?.env ?? []), ...entries] });
const withVolume = (volume: object) =>
  withPod({ volumes: [...(LOAD.spec.template.spec.volumes ?? []), { name: "x", ...volume }] });
const withMount = (mount: object) =>
  withTask({ volumeMounts: [...(TASK?.volumeMounts ?? []), { name: "work", ...mount }] });
const reportToken = (fields: object) => ({ serviceAccountToken: { path: "t", ...fields } });
const withTokens = (...tokens: readonly object[]) =>
  withVolume({ projected: { sources: tokens.map((fields, i) => reportToken({ path: `t${i}`, ...fields })) } });
const withToken = (fields: object) => withTokens(fields);
const containerWithToken: Manifest = {
  ...CONTAINER,
  spec: {
    ...CONTAINER.spec,
    template: {
      ...CONTAINER.spec.template,
      spec: {
        ...CONTAINER.spec.template.spec,
        volumes: [
          ...(CONTAINER.spec.template.spec.volumes ?? []),
          { name: "x", projected: { sources: [reportToken({ audience: "kelt-report" })] } },
        ],
      },
    },
  },
};
const withRights = (more: object) => withTask({ securityContext: { ...containerSecurityContext, ...more } });
const withUser = (more: object) => withPod({ securityContext: { ...podSecurityContext, ...more } });
const owner = (more: object) => {
  const [own] = LOAD.metadata.ownerReferences as readonly object[];
  return withMeta({ ownerReferences: [{ ...own, ...more }] });
};

const unmasked = withPod({
  hostUsers: false,
  containers: [{ ...TASK, securityContext: { ...containerSecurityContext, procMount: "Unmasked" } }],
});
const restarted = withSpec({
  podFailurePolicy: null,
  podReplacementPolicy: null,
  template: { ...LOAD.spec.template, spec: { ...LOAD.spec.template.spec, restartPolicy: "OnFailure" } },
});

const create = (job: unknown, ...as: readonly string[]) =>
  kubectl(["create", "--dry-run=server", "-f", "-", ...as], job);
const asOperator = (job: unknown) => create(job, OPERATOR);
const STRANGER = "the operator makes Jobs of PipelineRuns and Connections only";

/** A policy works a moment after it was made. */
async function untilRefused(job: unknown, message: string): Promise<Answer> {
  const deadline = Date.now() + 60_000;
  for (;;) {
    const answer = asOperator(job);
    if (answer.text.includes(message)) return answer;
    if (Date.now() > deadline) throw new Error(`not refused with "${message}": ${answer.text}`);
    await sleep(200);
  }
}

beforeAll(async () => {
  for (const namespace of [NAME, NAMESPACE]) mustKubectl(["create", "namespace", namespace]);
  mustKubectl(["apply", "-f", "-"], installed);
  mustKubectl(["create", "priorityclass", `${NAME}-high`, "--value=1000"]);
  await untilRefused(withMeta({ ownerReferences: [] }), STRANGER);
});

afterAll(() => {
  mustKubectl(["delete", "--ignore-not-found", "-f", "-"], installed);
  kubectl(["delete", "priorityclass", `${NAME}-high`]);
  kubectl(["delete", "namespace", NAME, NAMESPACE, "--wait=false"]);
});

test.each(sealedJobs.map(({ of, job }) => [of, job] as const))("the Job of %s passes", (_, job) => {
  expect(asOperator(job).text).toContain("created (server dry run)");
});

test.each([
  ["a label of nodes that the values allow", withPod({ nodeSelector: { pool: "etl" } })],
  ["a taint that they allow", withPod({ tolerations: [{ key: "etl", operator: "Exists" }] })],
  ["a user that the platform wants", withUser({ runAsUser: 1_000_680_000, runAsGroup: 1_000_680_000 })],
])("a Job with %s passes", (_, job) => {
  expect(asOperator(job).text).toContain("created (server dry run)");
});

const IMAGE = "run the task image";
const VARIABLE = "take no variable from elsewhere";
const ACCOUNT = "run as an account that the chart's values name";
const PLACE = "go where the scheduler puts them";
const HOST = "share no namespace with the host";
const NAMES = "find names where every pod does";
const VOLUMES = "an emptyDir, Secrets, ConfigMaps and volume claims only";
const MOUNTS = "mount nothing over the task's own files";
const RIGHTS = "run as nobody, without privileges, on a read-only root file system";
const KERNEL = "keep the runtime's seccomp profile and set nothing of the kernel";
const HOOKS = "have no hooks, probes or open inputs";
const ONE = "have pods of one container called task";
const JOB = "are run by Kubernetes' own controller";
const EXEC = { exec: { command: ["sh"] } };

describe("to the operator's account is refused a Job", () => {
  test.each([
    ["without a run or Connection", withMeta({ ownerReferences: [] }), STRANGER],
    ["of another kind of owner", owner({ kind: "Pipeline" }), STRANGER],
    ["of another group's owner", owner({ apiVersion: "example.com/v1" }), STRANGER],
    ["of an owner that does not control it", owner({ controller: false }), STRANGER],
    ["whose label speaks of another run", withMeta({ labels: { "kelt.dev/run-uid": "other" } }), STRANGER],
    [
      "whose pods say to be another run's",
      withTemplate({ metadata: { labels: { "kelt.dev/run-uid": "other" } } }),
      STRANGER,
    ],
    ["without a seal", withMeta({ annotations: {} }), STRANGER],
    ["of another image", withTask({ image: "evil" }), IMAGE],
    ["of an image that begins as the task's", withTask({ image: "kelt/task:1-evil" }), IMAGE],
    ["of a task under an image for containers", withTask({ image: "busybox:1" }), IMAGE],
    ["with variables of a Secret", withTask({ envFrom: [{ secretRef: { name: "x" } }] }), VARIABLE],
    [
      "with a variable of a Secret",
      withEnv({ name: "X", valueFrom: { secretKeyRef: { name: "x", key: "y" } } }),
      VARIABLE,
    ],
    [
      "with a variable of the host",
      withEnv({ name: "X", valueFrom: { fieldRef: { fieldPath: "status.hostIP" } } }),
      VARIABLE,
    ],
    ["with code that is loaded first", withEnv({ name: "NODE_OPTIONS", value: "--import=/x" }), VARIABLE],
    ["with a library that is loaded first", withEnv({ name: "LD_PRELOAD", value: "/x.so" }), VARIABLE],
    ["of another account", withPod({ serviceAccountName: "admin" }), ACCOUNT],
    ["of another account by the old field", withPod({ serviceAccount: "admin" }), ACCOUNT],
    ["with a token", withPod({ automountServiceAccountToken: true }), ACCOUNT],
    ["on a node of its choice", withPod({ nodeName: "control-plane" }), PLACE],
    ["for nodes of its choice", withPod({ nodeSelector: { "node-role.kubernetes.io/control-plane": "" } }), PLACE],
    ["that tolerates every taint", withPod({ tolerations: [{ operator: "Exists" }] }), PLACE],
    [
      "that tolerates the control plane's taint",
      withPod({ tolerations: [{ key: "node-role.kubernetes.io/control-plane" }] }),
      PLACE,
    ],
    ["with an affinity", withPod({ affinity: { nodeAffinity: {} } }), PLACE],
    ["of the cluster's own priority", withPod({ priorityClassName: "system-node-critical" }), PLACE],
    ["of another priority", withPod({ priorityClassName: `${NAME}-high` }), PLACE],
    ["of another scheduler", withPod({ schedulerName: "mine" }), PLACE],
    ["of another runtime", withPod({ runtimeClassName: "unsafe" }), PLACE],
    ["in the host's network", withPod({ hostNetwork: true }), HOST],
    ["that sees the host's processes", withPod({ hostPID: true }), HOST],
    ["that shares the host's memory", withPod({ hostIPC: true }), HOST],
    ["that shares its processes", withPod({ shareProcessNamespace: true }), HOST],
    ["with a port of the host", withTask({ ports: [{ containerPort: 80, hostPort: 80 }] }), HOST],
    ["with names of its own", withPod({ hostAliases: [{ ip: "10.0.0.1", hostnames: ["db"] }] }), NAMES],
    ["with another name server", withPod({ dnsPolicy: "None", dnsConfig: { nameservers: ["10.0.0.1"] } }), NAMES],
    ["with the host's name server", withPod({ dnsPolicy: "Default" }), NAMES],
    ["with a folder of the host", withVolume({ hostPath: { path: "/" } }), VOLUMES],
    [
      "with a token by another way",
      withVolume({ projected: { sources: [{ serviceAccountToken: { path: "t" } }] } }),
      VOLUMES,
    ],
    ["with a token of another audience for reports", withToken({ audience: "vault" }), VOLUMES],
    ["with two tokens", withTokens({ audience: "kelt-report" }, { audience: "kelt-report" }), VOLUMES],
    ["with a token for reports and one for the API server", withTokens({ audience: "kelt-report" }, {}), VOLUMES],
    [
      "with a Secret beside the token for reports",
      withVolume({ projected: { sources: [reportToken({ audience: "kelt-report" }), { secret: { name: "x" } }] } }),
      VOLUMES,
    ],
    ["with an empty projection", withVolume({ projected: { sources: [] } }), VOLUMES],
    ["of a container with a token for reports", containerWithToken, VOLUMES],
    ["with a driver's volume", withVolume({ csi: { driver: "x" } }), VOLUMES],
    ["with another machine's folder", withVolume({ nfs: { server: "x", path: "/" } }), VOLUMES],
    [
      "with a claim of its own",
      withVolume({
        ephemeral: {
          volumeClaimTemplate: {
            spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
          },
        },
      }),
      VOLUMES,
    ],
    ["that hides the task's program", withMount({ mountPath: "/app" }), MOUNTS],
    ["that hides its libraries", withMount({ mountPath: "/usr/lib" }), MOUNTS],
    [
      "whose mounts the host sees",
      withMount({ mountPath: "/var/run/kelt/x", mountPropagation: "HostToContainer" }),
      MOUNTS,
    ],
    ["that may be root", withPod({ securityContext: {} }), RIGHTS],
    ["that is root's group", withUser({ runAsGroup: 0 }), RIGHTS],
    ["that has root's group beside its own", withUser({ supplementalGroups: [0] }), RIGHTS],
    ["that is root in its container", withRights({ runAsNonRoot: false, runAsUser: 0 }), RIGHTS],
    ["that is privileged", withRights({ allowPrivilegeEscalation: true, privileged: true }), RIGHTS],
    ["that may gain rights", withRights({ allowPrivilegeEscalation: true }), RIGHTS],
    ["with a capability", withRights({ capabilities: { drop: ["ALL"], add: ["NET_ADMIN"] } }), RIGHTS],
    ["that keeps the usual capabilities", withRights({ capabilities: {} }), RIGHTS],
    ["that may write to its image", withRights({ readOnlyRootFilesystem: false }), RIGHTS],
    ["without a seccomp profile", withUser({ seccompProfile: { type: "Unconfined" } }), KERNEL],
    ["without one in its container", withRights({ seccompProfile: { type: "Unconfined" } }), KERNEL],
    ["with a profile of the host", withUser({ seccompProfile: { type: "Localhost", localhostProfile: "x" } }), KERNEL],
    ["without AppArmor", withRights({ appArmorProfile: { type: "Unconfined" } }), KERNEL],
    [
      "without AppArmor by annotation",
      withTemplate({
        metadata: {
          ...LOAD.spec.template.metadata,
          annotations: { "container.apparmor.security.beta.kubernetes.io/task": "unconfined" },
        },
      }),
      KERNEL,
    ],
    [
      "with settings of the kernel",
      withUser({ sysctls: [{ name: "net.ipv4.ip_unprivileged_port_start", value: "0" }] }),
      KERNEL,
    ],
    ["with another SELinux label", withUser({ seLinuxOptions: { type: "spc_t" } }), KERNEL],
    ["that sees all of /proc", unmasked, KERNEL],
    ["with a hook after its start", withTask({ lifecycle: { postStart: EXEC } }), HOOKS],
    ["with a probe", withTask({ startupProbe: EXEC }), HOOKS],
    ["with an open input", withTask({ stdin: true }), HOOKS],
    ["whose task has another command", withTask({ command: ["sh"] }), HOOKS],
    ["that leaves its log as its result", withTask({ terminationMessagePolicy: "FallbackToLogsOnError" }), HOOKS],
    ["with a container before", withPod({ initContainers: [{ ...TASK, name: "x" }] }), ONE],
    ["with a container beside", withPod({ containers: [TASK, { ...TASK, name: "x" }] }), ONE],
    ["whose container begins again", restarted, ONE],
    ["of another controller", withSpec({ managedBy: "example.com/mine" }), JOB],
    ["that stays for ever", withSpec({ ttlSecondsAfterFinished: null }), JOB],
    ["of a thousand pods", withSpec({ completions: 1000, parallelism: 1000 }), JOB],
    ["that is tried again a hundred times", withSpec({ backoffLimit: 100 }), JOB],
  ])("%s", (_, job, message) => {
    const { ok, text } = asOperator(job);
    expect(ok).toBe(false);
    expect(text).toContain(message);
  });

  test.each([NAME, "kube-system", "kube-public"])(
    "in the operator's own namespace or Kubernetes' (%s)",
    (namespace) => {
      const job = withMeta({ namespace });
      expect(asOperator(job).text).toContain("not in its own namespace and not in those of Kubernetes");
    },
  );

  test("of a container node whose image the values do not name", () => {
    const [own] = CONTAINER.spec.template.spec.containers;
    const pod = { ...CONTAINER.spec.template.spec, containers: [{ ...own, image: "evil" }] };
    const job = { ...CONTAINER, spec: { ...CONTAINER.spec, template: { ...CONTAINER.spec.template, spec: pod } } };
    expect(asOperator(job).text).toContain(IMAGE);
  });
});

test("nobody else's Jobs are touched", () => {
  expect(create(withPod({ hostNetwork: true })).text).toContain("created (server dry run)");
});
