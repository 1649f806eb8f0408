/** What became of a node, in dbt's words (run_results.json v6). */
export type NodeStatus = "success" | "error" | "skipped" | "pass" | "warn" | "fail";

export interface NodeResult {
  readonly id: string;
  readonly status: NodeStatus;
  /** For people: the server's word for what it did, a test's count, or what was wrong and where. */
  readonly message: string;
  /** Rows that the main statement wrote or answered; null where it says nothing of rows. */
  readonly rows: number | null;
  /** Rows that a test found. */
  readonly failures: number | null;
  readonly seconds: number;
  /** SQLSTATE, where the server refused a statement. */
  readonly sqlState: string | null;
  readonly compiledCode: string | null;
}

/** Whether what depends on the node must not run. A test's own dependents are nodes that read what it tested. */
export function stopsOthers({ status }: Pick<NodeResult, "status">): boolean {
  return status === "error" || status === "fail" || status === "skipped";
}
