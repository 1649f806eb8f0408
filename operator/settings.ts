import { z } from "zod";
import { durationMs } from "./api/duration.ts";
import type { TaskPodSettings } from "./job/job.ts";

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
  /** Requests a second to the API server, and how many may come at once. */
  readonly apiQps: number;
  readonly apiBurst: number;
  /** Objects that are reconciled at the same time. */
  readonly workers: number;
  readonly taskPods: TaskPodSettings;
}

const list = z.string().transform((text) =>
  text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== ""),
);
const amounts = z.strictObject({ cpu: z.string().optional(), memory: z.string().optional() });

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
  KELT_API_QPS: z.coerce.number().positive().default(50),
  KELT_API_BURST: z.coerce.number().int().positive().default(100),
  KELT_WORKERS: z.coerce.number().int().min(1).max(256).default(16),
  KELT_TASK_IMAGE: z.string().min(1),
  KELT_TASK_IMAGE_PULL_POLICY: z.enum(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  KELT_TASK_IMAGE_PULL_SECRETS: list.default([]),
  KELT_TASK_RESOURCES: z
    .string()
    .default('{"requests":{"cpu":"50m","memory":"128Mi"},"limits":{"memory":"512Mi"}}')
    .transform(readJson)
    .pipe(z.strictObject({ requests: amounts.optional(), limits: amounts.optional() })),
  KELT_TASK_SERVICE_ACCOUNT: z.string().optional(),
  KELT_TASK_PRIORITY_CLASS: z.string().optional(),
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
    apiQps: env.KELT_API_QPS,
    apiBurst: env.KELT_API_BURST,
    workers: env.KELT_WORKERS,
    taskPods: {
      image: env.KELT_TASK_IMAGE,
      imagePullPolicy: env.KELT_TASK_IMAGE_PULL_POLICY,
      imagePullSecrets: env.KELT_TASK_IMAGE_PULL_SECRETS,
      resources: env.KELT_TASK_RESOURCES,
      jobTtlSeconds: Math.ceil(durationMs(env.KELT_JOB_TTL) / 1000),
      ...(env.KELT_TASK_SERVICE_ACCOUNT === undefined ? {} : { serviceAccountName: env.KELT_TASK_SERVICE_ACCOUNT }),
      ...(env.KELT_TASK_PRIORITY_CLASS === undefined ? {} : { priorityClassName: env.KELT_TASK_PRIORITY_CLASS }),
    },
  };
}
