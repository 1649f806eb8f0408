import { z } from "zod";
import { durationMs } from "./api/duration.ts";
import { DEFAULT_POD, PodSettings } from "./api/pod.ts";
import { DEFAULT_HUB_URL, hubUrl } from "./api/project-packages.ts";
import { Resources } from "./api/resources.ts";
import type { TaskPodSettings } from "./job/job.ts";
import type { ChannelSettings } from "./report/channel.ts";

/** What the installation says of this process. Every limit has its default and its unit here. */
export interface Settings {
  /** Namespace of the Lease. */
  readonly namespace: string;
  /** Name of this replica: the holder of the Lease. */
  readonly identity: string;
  /** Namespaces that are watched; all of them when empty. */
  readonly watchNamespaces: readonly string[];
  readonly logLevel: string;
  readonly metricsPort: number;
  /** Pipelines with series of their own. */
  readonly metricsPipelines: number;
  /** Requests a second to the API server, and how many may come at once. */
  readonly apiQps: number;
  readonly apiBurst: number;
  /** The same for the writes of one namespace. */
  readonly apiNamespaceQps: number;
  readonly apiNamespaceBurst: number;
  /** Objects that are reconciled at the same time; a namespace with none of them may always begin one more. */
  readonly workers: number;
  /** Nodes at work at the same time in one namespace; 0 for no limit. */
  readonly namespaceNodes: number;
  readonly taskPods: TaskPodSettings;
  /** How tasks reach this process to tell how they stand; absent when they are not to. */
  readonly report?: ChannelSettings;
  /** File with the key that seals Jobs; one for the process alone when absent. */
  readonly sealKeyFile?: string;
  /** Whether a pod counts only if it runs what its Job says (`fields`), or every pod that has the Job as its owner (`owner`). */
  readonly podCheck: "fields" | "owner";
}

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ""),
);
const subnet = z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
  error: "expected subnets such as 10.0.0.0/8, or addresses",
});

/** zod lets an exception of a transform through, which would not say whose text it was. */
function readJson(text: string, { addIssue }: { readonly addIssue: (message: string) => void }): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    addIssue('expected JSON such as {"limits":{"memory":"512Mi"}}');
    return z.NEVER;
  }
}

/** The longest that the operator may be away without a finished attempt being repeated. */
const JOB_TTL_MIN_MS = 300_000;

const Environment = z.object({
  KELT_NAMESPACE: z.string().min(1).default("kelt-system"),
  KELT_POD_NAME: z.string().min(1).default(`kelt-${process.pid}`),
  KELT_WATCH_NAMESPACES: list.default([]),
  KELT_LOG_LEVEL: z.enum(["trace", "debug", "info", "warn", "error"]).default("info"),
  KELT_METRICS_PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  KELT_METRICS_PIPELINES: z.coerce.number().int().min(2).max(100_000).default(1000),
  KELT_API_QPS: z.coerce.number().positive().default(50),
  KELT_API_BURST: z.coerce.number().int().positive().default(100),
  KELT_API_NAMESPACE_QPS: z.coerce.number().positive().default(40),
  KELT_API_NAMESPACE_BURST: z.coerce.number().int().positive().default(80),
  KELT_WORKERS: z.coerce.number().int().min(1).max(256).default(16),
  KELT_NAMESPACE_NODES: z.coerce.number().int().min(0).default(200),
  KELT_TASK_IMAGE: z.string().min(1),
  KELT_TASK_IMAGE_PULL_POLICY: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  KELT_TASK_IMAGE_PULL_SECRETS: list.default([]),
  KELT_TASK_RESOURCES: z
    .string()
    .default('{"requests":{"cpu":"50m","memory":"128Mi"},"limits":{"memory":"512Mi"}}')
    .transform(readJson)
    .pipe(Resources),
  KELT_TASK_POD: z.string().default(JSON.stringify(DEFAULT_POD)).transform(readJson).pipe(PodSettings),
  KELT_TASK_NETWORK_ALLOWED: list.pipe(z.array(subnet)).default([]),
  KELT_TASK_NETWORK_FORBIDDEN: list.pipe(z.array(subnet)).default([]),
  KELT_TASK_HUB_URL: hubUrl("Where tasks look up packages of dbt's hub.").default(DEFAULT_HUB_URL),
  // The kubelet sets it in every pod.
  KUBERNETES_SERVICE_HOST: z.string().optional(),
  KELT_SEAL_KEY_FILE: z.string().optional(),
  KELT_REPORT_ENABLED: z.enum(["true", "false"]).default("true"),
  KELT_REPORT_PORT: z.coerce.number().int().min(0).max(65_535).default(8443),
  KELT_REPORT_SERVICE: z.string().optional(),
  // The kubelet fills it in, where the pod's manifest asks for it.
  KELT_POD_IP: z.string().optional(),
  KELT_POD_CHECK: z.enum(["fields", "owner"]).default("fields"),
  KELT_JOB_TTL: z
    .string()
    .regex(/^([0-9]+(ms|s|m|h|d))+$/, { abort: true })
    .refine(
      (text) => durationMs(text) >= JOB_TTL_MIN_MS,
      "expected 5m at least: a Job that is gone before its end was stored is run again",
    )
    .default("1h"),
});

/** Reads the settings from environment variables; an empty one counts as absent. Throws with every variable that is wrong. */
export function readSettings(environment: Readonly<Record<string, string | undefined>>): Settings {
  const present = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ""));
  const parsed = Environment.safeParse(present);
  if (!parsed.success) {
    const problems = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
    throw new Error(`the operator's environment is wrong: ${problems.join("; ")}`);
  }
  const env = parsed.data;
  return {
    namespace: env.KELT_NAMESPACE,
    identity: env.KELT_POD_NAME,
    watchNamespaces: env.KELT_WATCH_NAMESPACES,
    logLevel: env.KELT_LOG_LEVEL,
    metricsPort: env.KELT_METRICS_PORT,
    metricsPipelines: env.KELT_METRICS_PIPELINES,
    apiQps: env.KELT_API_QPS,
    apiBurst: env.KELT_API_BURST,
    apiNamespaceQps: env.KELT_API_NAMESPACE_QPS,
    apiNamespaceBurst: env.KELT_API_NAMESPACE_BURST,
    workers: env.KELT_WORKERS,
    namespaceNodes: env.KELT_NAMESPACE_NODES,
    podCheck: env.KELT_POD_CHECK,
    ...reportOf(env),
    ...(env.KELT_SEAL_KEY_FILE === undefined ? {} : { sealKeyFile: env.KELT_SEAL_KEY_FILE }),
    taskPods: {
      image: env.KELT_TASK_IMAGE,
      imagePullPolicy: env.KELT_TASK_IMAGE_PULL_POLICY,
      imagePullSecrets: env.KELT_TASK_IMAGE_PULL_SECRETS,
      resources: env.KELT_TASK_RESOURCES,
      pod: env.KELT_TASK_POD,
      network: {
        allowed: env.KELT_TASK_NETWORK_ALLOWED,
        forbidden: env.KELT_TASK_NETWORK_FORBIDDEN,
        apiServer: env.KUBERNETES_SERVICE_HOST === undefined ? [] : [env.KUBERNETES_SERVICE_HOST],
      },
      hubUrl: env.KELT_TASK_HUB_URL,
      jobTtlSeconds: Math.ceil(durationMs(env.KELT_JOB_TTL) / 1000),
    },
  };
}

/** A process that has no address to name, such as one on somebody's machine, cannot be reached. */
function reportOf(env: z.infer<typeof Environment>): Pick<Settings, "report"> {
  const { KELT_NAMESPACE: namespace, KELT_REPORT_SERVICE: service, KELT_POD_IP: podIp } = env;
  const hosts = [podIp, service === undefined ? undefined : `${service}.${namespace}.svc`];
  const known = hosts.filter((host) => host !== undefined);
  if (env.KELT_REPORT_ENABLED === "false" || known.length === 0) return {};
  return { report: { port: env.KELT_REPORT_PORT, hosts: known } };
}
