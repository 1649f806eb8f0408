/** What became of a node, in dbt's words (run_results.json v6). */
export type NodeStatus =
  | "success"
  | "error"
  | "skipped"
  | "pass"
  | "warn"
  | "fail"
  | "runtime error"
  | "no-op"
  | "partial success";

/** How old the newest row of a source is (sources.json v3). */
export interface Freshness {
  /** ISO 8601 in UTC. */
  readonly maxLoadedAt: string;
  readonly snapshottedAt: string;
  /** Seconds. */
  readonly age: number;
}

/** A part of a node's run, as dbt names it. Times are microseconds of UTC since 1970. */
export interface Step {
  readonly name: "compile" | "execute";
  readonly startedAt: bigint;
  readonly completedAt: bigint;
}

/** What the server said of the main statement. */
export interface ServerResponse {
  /** `INSERT 0 5`. */
  readonly message: string;
  /** `INSERT`; none where the driver of the warehouse has no word for it. */
  readonly code: string | null;
  /** -1 where the server counts nothing. */
  readonly rowsAffected: number;
}

export interface NodeResult {
  readonly id: string;
  readonly status: NodeStatus;
  /** For people: the server's word for what it did, a test's count, or what was wrong and where. */
  readonly message: string;
  /** Rows that the main statement wrote or answered; null where it says nothing of rows. */
  readonly rows: number | null;
  /** Rows that a test found; 0 and 1 for hooks. */
  readonly failures: number | null;
  /** Null where no main statement has ended. */
  readonly response: ServerResponse | null;
  /** The name of the thread that ran it. */
  readonly thread: string;
  /** Those that ended well, in their order. */
  readonly steps: readonly Step[];
  readonly seconds: number;
  /** SQLSTATE, where the server refused a statement. */
  readonly sqlState: string | null;
  readonly compiledCode: string | null;
  /** Of a source whose age could be told. */
  readonly freshness?: Freshness;
  /** An earlier attempt of the run has done it. */
  readonly isReused?: boolean;
}

const FAILED: ReadonlySet<NodeStatus> = new Set(["error", "fail", "runtime error", "partial success"]);

/** Whether the command fails because of the node. */
export function hasFailed({ status }: Pick<NodeResult, "status">): boolean {
  return FAILED.has(status);
}

const STOPPING: ReadonlySet<NodeStatus> = new Set(["error", "fail", "skipped", "partial success"]);

/** Whether what depends on the node must not run. A test's own dependents are nodes that read what it tested. */
export function stopsOthers({ status }: Pick<NodeResult, "status">): boolean {
  return STOPPING.has(status);
}
