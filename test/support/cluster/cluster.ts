import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { ROOT } from "./chart.ts";
import { findTool } from "./tool.ts";

/** What kubectl answered. */
export interface Answer {
  readonly ok: boolean;
  readonly stdout: string;
  /** Standard output and standard error, in this order. */
  readonly text: string;
}

/** The cluster of the integration tests: $KELT_TEST_KUBECONFIG, else the quick start's. */
function kubeconfig(): string {
  const path = process.env.KELT_TEST_KUBECONFIG ?? `${ROOT}.kelt/kubeconfig`;
  if (existsSync(path)) return path;
  throw new Error(`no cluster to test against: ${path} does not exist; run npm start, or set KELT_TEST_KUBECONFIG`);
}

/** Runs kubectl on the test cluster; `input` (YAML or an object) goes to its standard input. */
export function kubectl(args: readonly string[], input?: unknown): Answer {
  const { status, stdout, stderr, error } = spawnSync(findTool("kubectl"), [`--kubeconfig=${kubeconfig()}`, ...args], {
    encoding: "utf8",
    input: typeof input === "string" ? input : JSON.stringify(input ?? null),
    maxBuffer: 16 * 1024 * 1024,
    timeout: 60_000,
  });
  if (error !== undefined) throw error;
  return { ok: status === 0, stdout, text: stdout + stderr };
}

/** The standard output of {@link kubectl}: exec may warn of its own on standard error. Throws what it said where it failed. */
export function mustKubectl(args: readonly string[], input?: unknown): string {
  const { ok, stdout, text } = kubectl(args, input);
  if (!ok) throw new Error(`kubectl ${args.join(" ")}: ${text}`);
  return stdout;
}
