import { z } from "zod";
import { TaskHealth } from "./health.ts";
import { HttpConnection } from "./http/connection.ts";
import { PLAN_BYTES_MAX, TaskUnit } from "./packing.ts";
import { TestCounts } from "./pipeline-run.ts";
import { InstalledPackages } from "./project-packages.ts";
import { VERB_WORKS } from "./verbs/verbs.ts";

/**
 * The contract between the operator and the task image, the only thing that crosses the process boundary.
 *
 * In:  a {@link TaskSpec} as JSON in the environment variable {@link TASK_SPEC_ENV}. It names Secrets and holds no value of
 *      one; the kubelet mounts each connection's Secret as files under its `secretDirectory`.
 * Out: an exit code of {@link EXIT} and a {@link TaskResult} as JSON in the termination message, at most
 *      {@link RESULT_BYTES_MAX} bytes. Anything else is a failure of the task, never of the operator.
 */
export const TASK_SPEC_ENV = "KELT_TASK";
/** Where a container of the user's own finds what the manifest says of its connections: JSON, name → {@link TaskConnection}. */
export const CONNECTIONS_ENV = "KELT_CONNECTIONS";
/** Where the Job controller says which part of a fan-out a pod is, from 0. */
export const PART_ENV = "JOB_COMPLETION_INDEX";
/** A node's JSON in bytes: the kernel gives one environment variable 128 KiB, and the rest of a TaskSpec needs some of it. */
export const NODE_SPEC_BYTES_MAX = 65_536;
/** Where the task writes its result unless `KELT_RESULT_FILE` names another file. */
export const RESULT_FILE = "/dev/termination-log";
export const RESULT_FILE_ENV = "KELT_RESULT_FILE";
/** The kubelet keeps 4096 bytes of a termination message; the rest of the room is left to other containers. */
export const RESULT_BYTES_MAX = 3072;
export const CONTRACT_VERSION = 1;
/** A node's name, with that of a unit where it is packed. */
export const SPEAKER_MAX = 128;
/** Name of the one container of a task pod. */
export const TASK_CONTAINER = "task";

/** The node of the test of a Connection resource, and where its files are mounted. */
export const TESTED = "connection";
/** The test of a connection and the pull of its image: after this long it says that it could not be made. */
export const TEST_DEADLINE_SECONDS = 120;
/** Where the kubelet mounts the Secret of connection NAME, `${CONNECTIONS_DIRECTORY}/NAME/KEY`, or the volume with its files. */
export const CONNECTIONS_DIRECTORY = "/var/run/kelt/connections";
/** Where the kubelet mounts a transform node's project: one volume, or each of several ConfigMaps in a folder of its name. */
export const PROJECT_DIRECTORY = "/var/run/kelt/project";
/** Where the kubelet mounts the Secret of a project's git repository. */
export const GIT_SECRET_DIRECTORY = "/var/run/kelt/git";
/** Where the kubelet mounts Secrets for hosts of packages, each in a folder of its name. */
export const PACKAGE_SECRETS_DIRECTORY = "/var/run/kelt/packages";
/** The directory that a task writes to; /tmp is there for other programs. */
export const WORK_DIRECTORY = "/var/run/kelt/work";

/** Exit codes, the numbers of sysexits.h. Every other code, 137 and 143 among them, counts as transient. */
export const EXIT = {
  done: 0,
  /** The pipeline, a Secret or the project is wrong: no retry can mend it. */
  configuration: 64,
  /** The data is wrong, or a check of severity error failed: no retry can mend it. */
  data: 65,
  /** A server or the network was in the way: try again. */
  transient: 75,
  /** A held task found no way to the operator for ten seconds. It has done nothing and leaves no result: the pod is replaced and no attempt is counted. */
  notReached: 66,
} as const;
export type FailureKind = "configuration" | "data" | "transient";
/** The error code of a task that was told to stop: who stopped it, its pod says. */
export const STOPPED = "Stopped";

/** A commit of git, by SHA-1. */
export const Commit = z.string().regex(/^[0-9a-f]{40}$/);

const PostgresOptions = z.strictObject({
  kind: z.literal("postgres"),
  secretName: z.string().optional(),
  secretDirectory: z.string().optional(),
  host: z.string().optional(),
  port: z.number().optional(),
  database: z.string().optional(),
  user: z.string().optional(),
  sslMode: z.enum(["disable", "prefer", "require", "verify-ca", "verify-full"]).optional(),
});
const RedshiftOptions = z.strictObject({
  ...PostgresOptions.shape,
  kind: z.literal("redshift"),
  /** What COPY reads buckets with; the keys of the bucket's connection where it is missing. */
  iamRole: z.string().optional(),
});
const SnowflakeOptions = z.strictObject({
  kind: z.literal("snowflake"),
  secretName: z.string().optional(),
  secretDirectory: z.string().optional(),
  account: z.string(),
  endpoint: z.string().optional(),
  user: z.string().optional(),
  database: z.string(),
  warehouse: z.string().optional(),
  role: z.string().optional(),
  storageIntegration: z.string().optional(),
});
const S3Options = z.strictObject({
  kind: z.literal("s3"),
  secretName: z.string().optional(),
  secretDirectory: z.string().optional(),
  /** The account that the pod runs as for this connection, for messages. */
  serviceAccountName: z.string().optional(),
  bucket: z.string(),
  endpoint: z.string().optional(),
  region: z.string(),
  pathStyle: z.boolean().optional(),
});
const http = HttpConnection.shape;
const HttpOptions = z.strictObject({
  kind: z.literal("http"),
  secretName: z.string().optional(),
  secretDirectory: z.string().optional(),
  baseUrl: http.baseUrl,
  auth: http.auth,
  headers: http.headers,
  requestsPerSecond: http.requestsPerSecond,
  testPath: http.testPath,
});
const FilesOptions = z.strictObject({
  kind: z.literal("files"),
  /** Where the volume is mounted. */
  directory: z.string(),
  /** The ConfigMap that it comes from, for messages: one that does not exist is an empty folder. */
  configMap: z.string().optional(),
});
/** A connection as a task sees it: what the manifest says, and where the Secret's files are. */
export const TaskConnection = z.discriminatedUnion("kind", [
  PostgresOptions,
  RedshiftOptions,
  SnowflakeOptions,
  S3Options,
  HttpOptions,
  FilesOptions,
]);
export type TaskConnection = z.infer<typeof TaskConnection>;
export type ConnectionKind = TaskConnection["kind"];
export const CONNECTION_KINDS: readonly ConnectionKind[] = TaskConnection.options.map(({ shape }) => shape.kind.value);
export type TaskConnectionOf<K extends ConnectionKind> = Extract<TaskConnection, { readonly kind: K }>;

/** The node's work: its verb, and under the same name what the manifest says of it. */
export const TaskWork = z.discriminatedUnion("verb", [
  ...VERB_WORKS,
  // No node's verb: the operator's own test of a Connection.
  z.strictObject({ verb: z.literal("connect"), connect: z.strictObject({ connection: z.string() }) }),
]);
export type TaskWork = z.infer<typeof TaskWork>;

/** Where a pod's sockets may go: what the installation says, never a manifest. Subnets such as `10.0.0.0/8`, and addresses. */
const Network = z.strictObject({
  /** Reached although they are the API server's, loopback, link-local, or private behind a public redirect. */
  allowed: z.array(z.string()).optional(),
  /** Never reached. */
  forbidden: z.array(z.string()).optional(),
  /** Addresses and names of the API server. */
  apiServer: z.array(z.string()).optional(),
});
export type Network = z.infer<typeof Network>;

export const TaskSpec = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  run: z.strictObject({ namespace: z.string(), pipeline: z.string(), name: z.string(), uid: z.string() }),
  node: z.string(),
  /** Which part of the node it does, where the node is packed into several Jobs. */
  unit: TaskUnit.optional(),
  /** From 1. */
  attempt: z.int().min(1),
  /** Whether the pod's log may quote values of rows. */
  logValues: z.boolean().optional(),
  network: Network.optional(),
  /** Where packages of dbt's hub are looked up, as the installation says. */
  hubUrl: z.string().optional(),
  /** The commit of the project's repository, once an attempt of the run has found it: `ref` is not looked up again. */
  commit: Commit.optional(),
  /** Packages that attempts of the run have installed for the same project: none of them is chosen again. */
  chosenPackages: z.array(InstalledPackages).optional(),
  connections: z.record(z.string(), TaskConnection),
  work: TaskWork,
});
export type TaskSpec = z.infer<typeof TaskSpec>;

/** What went wrong, in the words the user reads. `message` holds expected, found, where and what to do; never a secret. */
export const TaskError = z.strictObject({
  kind: z.enum(["configuration", "data", "transient"]),
  /** A word for programs: a SQLSTATE, or a reason such as UnknownTable. At most 64 characters. */
  code: z.string().max(64),
  message: z.string().max(1024),
});
export type TaskError = z.infer<typeof TaskError>;

export const TaskResult = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  /** The attempt that speaks: a result of another run, node or attempt is not accepted. */
  run: z.string().max(64),
  node: z.string().max(SPEAKER_MAX),
  attempt: z.int().min(1),
  /** Which part of a fan-out speaks, from 0. */
  part: z.int().min(0).optional(),
  outcome: z.enum(["succeeded", "failed"]),
  /** One sentence for `kubectl get`: "3 tables, 1,234 rows". */
  message: z.string().max(1024),
  rows: z.int().min(0).optional(),
  bytes: z.int().min(0).optional(),
  /** What the whole load came to, from a part that has published it or found it published; `rows` and `bytes` are its own. */
  published: z.strictObject({ rows: z.int().min(0), bytes: z.int().min(0) }).optional(),
  tests: TestCounts.optional(),
  health: TaskHealth.optional(),
  /** The commit that the project was fetched at. */
  commit: Commit.optional(),
  /** The packages of the project, where the attempt has chosen their versions. */
  packages: InstalledPackages.optional(),
  /** The units that the node's project is packed into, from the Job that plans: `packing.ts` reads it. Missing where it has no room. */
  plan: z.string().max(PLAN_BYTES_MAX).optional(),
  /** What answered a test of a connection. */
  server: z.strictObject({ version: z.string().max(128), latencyMs: z.int().min(0) }).optional(),
  error: TaskError.optional(),
  /** The items inside the node as far as they fit, for an operator that the channel has not reached: `packed-items.ts` reads it. */
  items: z.string().max(RESULT_BYTES_MAX).optional(),
  /** Items that did not fit. */
  itemsLeftOut: z.int().min(0).optional(),
});
export type TaskResult = z.infer<typeof TaskResult>;

/**
 * What a task leaves in its termination message before it works with a commit and with packages that it has looked up itself: an end
 * without a result, such as a kill, leaves it to be found.
 */
export const TaskNote = z.strictObject({
  version: z.literal(CONTRACT_VERSION),
  run: z.string().max(64),
  node: z.string().max(SPEAKER_MAX),
  attempt: z.int().min(1),
  commit: Commit.optional(),
  packages: InstalledPackages.optional(),
});
export type TaskNote = z.infer<typeof TaskNote>;

/** A line of progress on the task's standard output, one JSON object a line, at most one a second. */
export interface ProgressLine {
  readonly kelt: "progress";
  readonly run: string;
  readonly node: string;
  readonly attempt: number;
  /** What is worked on: a table, a model, a check. */
  readonly item: string;
  readonly rows?: number | undefined;
  readonly bytes?: number | undefined;
  /** Items done and items in all. */
  readonly done: number;
  readonly total: number;
}
