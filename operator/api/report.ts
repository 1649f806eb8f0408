import { z } from "zod";
import { InstalledPackages } from "./project-packages.ts";
import { Commit, SPEAKER_MAX, TaskResult } from "./task.ts";

/**
 * The channel by which a task tells the operator how it stands while it works: the other way is the termination message of
 * `task.ts`. `operator/decisions/0014` says why.
 *
 * In:  {@link ReportChannel} as JSON in the environment variable {@link REPORT_ENV}; a token of the audience {@link REPORT_AUDIENCE}
 *      in {@link REPORT_TOKEN_FILE}, which the kubelet renews: it is read for every connection.
 * Out: `POST {@link REPORT_PATH}` with a {@link Report}, answered with 200 and a {@link ReportAnswer}, or
 *
 * | status        | body                | what the task does                                                     |
 * |---------------|---------------------|------------------------------------------------------------------------|
 * | 401, 403      | a message           | says so once in its log and works on without the channel               |
 * | 400           | a message           | asks the next address, later and later: another one may have its version |
 * | 409           | a message           | the operator knows nothing of it: sends the whole of what it knows     |
 * | 413           | a message           | sends counts and failed items only                                     |
 * | 421           | {@link OtherLeader} | asks the leader that is named                                          |
 * | 425           | a message           | the pod is not in the operator's cache yet: the same again after 50 ms |
 * | 429, 503      | `Retry-After`       | the same again after that time                                         |
 *
 * After anything but a 200 the next message is a snapshot. A snapshot that leaves items out and says how many gets 413
 * only where its body is too long. A body may be in gzip. A connection speaks for one pod, has one request under way, and stays open.
 */
export const REPORT_ENV = "KELT_REPORT";
export const REPORT_AUDIENCE = "kelt-report";
export const REPORT_TOKEN_DIRECTORY = "/var/run/kelt/report";
export const REPORT_TOKEN_FILE = `${REPORT_TOKEN_DIRECTORY}/token`;
/** The kubelet renews the token when four fifths of it have passed. */
export const REPORT_TOKEN_SECONDS = 3600;
export const REPORT_PATH = "/v1/report";
/** The name that the operator's certificate is for, whatever address it has. */
export const REPORT_SERVER_NAME = "kelt-report";
export const REPORT_VERSION = 1;
/** A message's body, in bytes. */
export const REPORT_BYTES_MAX = 1024 * 1024;
/** Items that one report may have: the largest dbt projects have some thousands. */
export const REPORT_ITEMS_MAX = 10_000;

export const ReportChannel = z.strictObject({
  /** Base URLs of operators in the order in which they are asked: who made the Job, then the Service. */
  urls: z.array(z.url()).min(1).max(4),
  /** PEM of the one certificate that is trusted. */
  certificate: z.string(),
  /** The task does nothing before the answer `go`: it opens no connection and reads no Secret. */
  hold: z.literal(true).optional(),
});
export type ReportChannel = z.infer<typeof ReportChannel>;

export const ITEM_KINDS = ["table", "file", "seed", "model", "snapshot", "test", "check"] as const;
export const ITEM_STATES = ["Pending", "Running", "Succeeded", "Warned", "Failed", "Skipped"] as const;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** One thing inside a node: a table, a file, a model, a test. Its name is the world's, dbt's for one; it is unique in its node with its kind. */
export const ReportItem = z.strictObject({
  kind: z.enum(ITEM_KINDS),
  name: z.string().min(1).max(512),
  state: z.enum(ITEM_STATES),
  /** Times that the item was tried, over all attempts of the node. */
  attempts: count.optional(),
  rows: count.optional(),
  bytes: count.optional(),
  /** Rows that break a test. */
  failures: count.optional(),
  seconds: z.number().min(0).max(1e9).optional(),
  /** Why it failed, was skipped or warned; never a value of a row or a secret. */
  message: z.string().max(1024).optional(),
});
export type ReportItem = z.infer<typeof ReportItem>;

/** How far a task is, in all. */
export const ReportProgress = z.strictObject({
  /** What is worked on now. */
  item: z.string().max(512).optional(),
  rows: count.optional(),
  bytes: count.optional(),
  done: count,
  total: count,
});
export type ReportProgress = z.infer<typeof ReportProgress>;

/**
 * | phase   | what is true                                          |
 * |---------|-------------------------------------------------------|
 * | held    | the process is up and waits for `go`                  |
 * | working | it has begun, or was never held                       |
 * | done    | `result` is there; nothing follows                    |
 */
export const REPORT_PHASES = ["held", "working", "done"] as const;

export const Report = z.strictObject({
  version: z.literal(REPORT_VERSION),
  run: z.string().max(64),
  node: z.string().max(SPEAKER_MAX),
  attempt: z.int().min(1),
  part: z.int().min(0).optional(),
  /** One start of one process: another epoch forgets what the one before had said, but for its result. */
  epoch: z.string().min(1).max(64),
  /** Grows with every message of the epoch. One that is not newer than what is known is answered and not taken. */
  seq: z.int().min(1),
  /** A snapshot has every item, a delta those that changed, whole: the last word on an item counts. */
  kind: z.enum(["snapshot", "delta"]),
  phase: z.enum(REPORT_PHASES),
  progress: ReportProgress.optional(),
  items: z.array(ReportItem).max(REPORT_ITEMS_MAX).optional(),
  /** Items that were left out of a snapshot for lack of room. */
  itemsLeftOut: count.optional(),
  /** The commit of the project's repository that the task works with, once it is known. */
  commit: Commit.optional(),
  /** The packages of the project that the task has chosen, once they are known. */
  packages: InstalledPackages.optional(),
  result: TaskResult.optional(),
});
export type Report = z.infer<typeof Report>;

/**
 * | order  | what the task does                                                                   |
 * |--------|--------------------------------------------------------------------------------------|
 * | hold   | goes on waiting; only a held task gets this answer, and its request is kept open for a while |
 * | go     | begins, or goes on                                                                   |
 * | done   | ends at once: its work is known to be done                                           |
 * | cancel | ends at once as if by SIGTERM                                                        |
 */
export const REPORT_ORDERS = ["hold", "go", "done", "cancel"] as const;
export type ReportOrder = (typeof REPORT_ORDERS)[number];

export const ReportAnswer = z.strictObject({
  order: z.enum(REPORT_ORDERS),
  /** The shortest time between two messages, in ms. */
  everyMs: z.int().min(0).max(60_000),
});
export type ReportAnswer = z.infer<typeof ReportAnswer>;

export const OtherLeader = z.strictObject({ leader: z.url().optional() });
export type OtherLeader = z.infer<typeof OtherLeader>;
