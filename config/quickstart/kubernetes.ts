import { attempt, type CommandOptions, type CommandResult, run } from "../cluster/command.ts";
import type { Report } from "../cluster/report.ts";

/** A cluster, and the programs to reach it with. Every call names the kubeconfig, so that no other one is read. */
export interface Kubernetes {
  readonly kubectl: string;
  readonly helm: string;
  readonly kubeconfig: string;
}

export function kubectl(
  report: Report,
  kubernetes: Kubernetes,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<string> {
  return run(report, kubernetes.kubectl, ["--kubeconfig", kubernetes.kubeconfig, ...args], options);
}

export function attemptKubectl(
  report: Report,
  kubernetes: Kubernetes,
  args: readonly string[],
  options: CommandOptions = {},
): Promise<CommandResult> {
  return attempt(report, kubernetes.kubectl, ["--kubeconfig", kubernetes.kubeconfig, ...args], options);
}

export function helm(report: Report, kubernetes: Kubernetes, args: readonly string[]): Promise<string> {
  return run(report, kubernetes.helm, ["--kubeconfig", kubernetes.kubeconfig, ...args]);
}
