import { createHash } from "node:crypto";
import { TASK_CONTAINER } from "../api/task.ts";

/*
 * What a pod does, as a digest: equal for a Job's template and for every pod that was made of it, whatever the API server filled in and
 * cloud webhooks added. A pod that runs something else under the same owner has another one.
 *
 * | of the pod                                   | what becomes of it                                                          |
 * |----------------------------------------------|-----------------------------------------------------------------------------|
 * | the task container's program: image, command, args, environment, mounts, hooks, probes, streams | part of the digest       |
 * | sources of the volumes that it mounts        | part of the digest                                                          |
 * | account, host namespaces, host aliases, DNS  | part of the digest                                                          |
 * | variables and token mounts that webhooks add: proxies, clouds (`EXTRA_ENV`, `EXTRA_MOUNTS`) | an extra: may be added, not changed |
 * | another container that mounts one of those volumes | part of the digest: it could change what the task reads or says       |
 * | any other container (a mesh's proxy, an agent) | left out                                                                  |
 * | resources, scheduling, labels, pull policy, users and groups | left out: quotas, queues and platforms set them             |
 *
 * A variable such as NODE_OPTIONS or LD_PRELOAD and a mount over the program's own files are no extras: they change what runs. Nor are
 * variables of certificates (SSL_CERT_FILE, NODE_EXTRA_CA_CERTS): they change whom the program believes. A proxy sees what the network
 * sees, which TLS keeps closed.
 */
export interface Fingerprint {
  /** SHA-256 in base64url. */
  readonly digest: string;
  /** A few characters of each part's digest, in the order of `PARTS`: too short to prove anything, they tell a person what differs. */
  readonly hints: string;
  /** Digest of each extra by its name. */
  readonly extras: Readonly<Record<string, string>>;
}

/** Variables by which clusters, cloud providers and tracing agents tell a container where it runs, how it signs in and gets out. */
const EXTRA_ENV: readonly RegExp[] = [
  /^((HTTPS?|ALL|NO)_PROXY|(https?|all|no)_proxy)$/,
  /^AWS_(ROLE_ARN|WEB_IDENTITY_TOKEN_FILE|REGION|DEFAULT_REGION|STS_REGIONAL_ENDPOINTS)$/,
  /^AWS_CONTAINER_(CREDENTIALS_FULL_URI|AUTHORIZATION_TOKEN_FILE)$/,
  /^AZURE_(CLIENT_ID|TENANT_ID|FEDERATED_TOKEN_FILE|AUTHORITY_HOST)$/,
  /^(GOOGLE_APPLICATION_CREDENTIALS|GOOGLE_CLOUD_PROJECT|CLOUDSDK_[A-Z_]+)$/,
  /^(DD|OTEL)_[A-Z0-9_]+$/,
  // The Job controller's own, of an Indexed Job.
  /^JOB_COMPLETION_INDEX$/,
];
/** Folders in which nothing of the task image lies and where webhooks mount tokens. */
const EXTRA_MOUNTS: readonly string[] = ["/var/run/secrets/", "/run/secrets/", "/vault/secrets"];

/** What a person calls the parts of the digest. */
const PARTS = [
  "image",
  "command",
  "environment",
  "mounts",
  "volumes",
  "hooks and probes",
  "streams",
  "host settings",
  "restart policy",
  "other containers",
  "service account",
  "DNS settings",
] as const;
const HINT = 4;

const OF_JOB = [
  "backoffLimitPerIndex",
  "maxFailedIndexes",
  "podFailurePolicy",
  "podReplacementPolicy",
  "successPolicy",
  "manualSelector",
  "managedBy",
] as const;

/** JSON of which nothing is known. */
type Json = Readonly<Record<string, unknown>>;

/** The fingerprint of a pod's spec, or of a Job's template's. */
export function podFingerprint(spec: unknown): Fingerprint {
  const pod = asObject(spec);
  const task = listOf(pod.containers).find(({ name }) => name === TASK_CONTAINER) ?? {};
  const { own: env, extras: extraEnv } = environmentOf(task);
  const { own: mounts, extras: extraMounts } = mountsOf(task);
  const mounted = new Set(mounts.map(({ name }) => name));
  const volumes = listOf(pod.volumes);
  const others = [...listOf(pod.initContainers), ...listOf(pod.containers)].filter((one) => one !== task);
  const parts: Readonly<Record<(typeof PARTS)[number], unknown>> = {
    image: task.image,
    command: pickKeys(task, ["command", "args", "workingDir"]),
    environment: { env, from: task.envFrom },
    mounts: { mounts, devices: task.volumeDevices },
    volumes: volumes.filter(({ name }) => mounted.has(name)).map(sourceOf),
    "hooks and probes": pickKeys(task, ["lifecycle", "livenessProbe", "readinessProbe", "startupProbe"]),
    streams: pickKeys(task, ["stdin", "stdinOnce", "tty", "terminationMessagePath", "terminationMessagePolicy"]),
    "host settings": pickKeys(pod, ["hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace", "hostAliases"]),
    "restart policy": { pod: pod.restartPolicy, task: task.restartPolicy },
    "other containers": others.filter((one) => touches(one, mounted)),
    "service account": pod.serviceAccountName || "default",
    "DNS settings": { dnsPolicy: pod.dnsPolicy, ...pickKeys(asObject(pod.dnsConfig), ["nameservers", "searches"]) },
  };
  const digests = PARTS.map((name) => digestOf(parts[name]));
  return {
    digest: digestOf(digests),
    hints: digests.map((digest) => digest.slice(0, HINT)).join(""),
    extras: Object.fromEntries([
      ...extraEnv.map((entry) => [String(entry.name), digestOf(entry)]),
      ...extraMounts.map((mount) => {
        const volume = volumes.find(({ name }) => name === mount.name);
        return [String(mount.mountPath), digestOf([mount, volume])];
      }),
    ]),
  };
}

/** What a Job is and what its pods do. */
export interface JobFingerprint {
  /** SHA-256 in base64url of what decides, beside the template, how pods come and count. Fields that may be changed later are left out. */
  readonly job: string;
  readonly pod: Fingerprint;
}

/** The fingerprint of a Job's spec. */
export function jobFingerprint(spec: unknown): JobFingerprint {
  const { completionMode = "NonIndexed", template, ...job } = asObject(spec);
  return {
    job: digestOf({ completionMode, ...pickKeys(job, OF_JOB) }),
    pod: podFingerprint(asObject(template).spec),
  };
}

/** In what a pod differs from the template that it should have been made of: nothing when it does the same. */
export function differences(template: Fingerprint, pod: Fingerprint): readonly string[] {
  if (template.digest === pod.digest) {
    const extras = Object.entries(template.extras).filter(([name, digest]) => pod.extras[name] !== digest);
    return extras.map(([name]) => name);
  }
  const hint = ({ hints }: Fingerprint, i: number) => hints.slice(i * HINT, (i + 1) * HINT);
  const parts = PARTS.filter((_, i) => hint(template, i) !== hint(pod, i));
  return parts.length === 0 ? ["content"] : parts;
}

function environmentOf({ env }: Json): { readonly own: readonly Json[]; readonly extras: readonly Json[] } {
  const entries = listOf(env);
  const times = (name: unknown) => entries.filter((entry) => entry.name === name).length;
  const isExtra = ({ name }: Json) =>
    typeof name === "string" && EXTRA_ENV.some((pattern) => pattern.test(name)) && times(name) === 1;
  return { own: entries.filter((entry) => !isExtra(entry)), extras: entries.filter(isExtra) };
}

function mountsOf({ volumeMounts }: Json): { readonly own: readonly Json[]; readonly extras: readonly Json[] } {
  const isExtra = ({ mountPath }: Json) =>
    typeof mountPath === "string" &&
    !mountPath.includes("..") &&
    EXTRA_MOUNTS.some((path) => mountPath.startsWith(path));
  const mounts = listOf(volumeMounts);
  return { own: mounts.filter((mount) => !isExtra(mount)), extras: mounts.filter(isExtra) };
}

/** Whether a container can reach what the task reads and writes. */
function touches(container: Json, mounted: ReadonlySet<unknown>): boolean {
  return [...listOf(container.volumeMounts), ...listOf(container.volumeDevices)].some(({ name }) => mounted.has(name));
}

/** An emptyDir's size is a limit, which quotas may set; an image's pull policy is filled in and set by admission, as a container's is. */
function sourceOf(volume: Json): Json {
  const { name, emptyDir, image } = volume;
  if (emptyDir !== undefined) return { name, emptyDir: pickKeys(asObject(emptyDir), ["medium"]) };
  return image === undefined ? volume : { name, image: pickKeys(asObject(image), ["reference"]) };
}

function pickKeys(from: Json, keys: readonly string[]): Json {
  return Object.fromEntries(keys.map((key) => [key, from[key]]));
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null ? (value as Json) : {};
}

function listOf(value: unknown): readonly Json[] {
  return Array.isArray(value) ? value.map(asObject) : [];
}

/** Values that the API server fills in where nothing stands, and those that it leaves out. */
const DEFAULTS: Readonly<Record<string, readonly unknown[]>> = {
  terminationMessagePath: ["/dev/termination-log"],
  terminationMessagePolicy: ["File"],
  dnsPolicy: ["ClusterFirst"],
  defaultMode: [420],
  apiVersion: ["v1"],
  restartPolicy: ["Always"],
  type: [""],
  value: [""],
  divisor: ["0"],
};

/** Canonical JSON: keys in order, without what is empty, false or a default. */
function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((entry) => canonical(entry) ?? null);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .filter(([key, entry]) => !DEFAULTS[key]?.includes(entry))
    .map(([key, entry]) => [key, canonical(entry)] as const)
    .filter(([, entry]) => !isEmpty(entry))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries);
}

/** An empty object says something: `emptyDir: {}` is a volume. */
function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);
}

function digestOf(value: unknown): string {
  return createHash("sha256")
    .update(JSON.stringify(canonical(value)) ?? "")
    .digest("base64url");
}
