import { setTimeout as sleep } from "node:timers/promises";
import type { Report } from "../cluster/report.ts";
import { JsonDocuments } from "./json-documents.ts";
import { attemptKubectl, type Kubernetes } from "./kubernetes.ts";
import { FollowedRun, outcomeOf } from "./run-table.ts";

const WATCH_AGAIN_MS = 500;

/**
 * Watches a run until it has ended and calls `show` at every change. A watch that breaks off is begun again; `timeout` is in
 * milliseconds from the beginning.
 */
export async function followRun(
  report: Report,
  kubernetes: Kubernetes,
  run: { readonly namespace: string; readonly name: string },
  show: (run: FollowedRun) => void,
  timeout: number,
): Promise<FollowedRun> {
  const deadline = Date.now() + timeout;
  while (Date.now() < deadline) {
    const ended = await watchRun(report, kubernetes, run, show, deadline - Date.now());
    if (ended) return ended;
    await sleep(WATCH_AGAIN_MS, undefined, { signal: report.signal });
  }
  throw new Error(`the run ${run.name} has not ended after ${timeout / 60_000} minutes`);
}

async function watchRun(
  report: Report,
  kubernetes: Kubernetes,
  run: { readonly namespace: string; readonly name: string },
  show: (run: FollowedRun) => void,
  timeout: number,
): Promise<FollowedRun | undefined> {
  const documents = new JsonDocuments();
  const watch = new AbortController();
  const signal = AbortSignal.any([report.signal, watch.signal]);
  let ended: FollowedRun | undefined;
  const onOutput = (line: string) => {
    const document = documents.add(line);
    if (document === undefined || ended) return;
    const read = FollowedRun.parse(document);
    show(read);
    if (!outcomeOf(read)) return;
    ended = read;
    watch.abort();
  };
  const args = ["get", "pipelinerun.kelt.dev", run.name, "-n", run.namespace, "--watch", "--output", "json"];
  try {
    await attemptKubectl({ ...report, signal }, kubernetes, args, { onOutput, quiet: true, timeout });
  } catch (error) {
    if (!ended) throw error;
  }
  return ended;
}
