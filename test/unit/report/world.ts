import { LABEL } from "#api/metadata.ts";
import { createStores } from "../../../operator/controllers/loop/caches.ts";

/** Run, node and attempt as a message names them. */
export const attemptFixture = { run: "run-uid", node: "load", attempt: 1 };
export const SENDER = { podUid: "pod-uid", namespace: "team" };

const meta = (name: string, uid: string, more: object = {}) => ({
  ...{ name, uid, namespace: SENDER.namespace, resourceVersion: "1" },
  ...more,
});
const labels = { [LABEL.runUid]: "run-uid", [LABEL.node]: "load", [LABEL.attempt]: "1" };
const ownedBy = (uid: string) => ({
  ownerReferences: [{ apiVersion: "batch/v1", kind: "Job", name: "job", uid, controller: true }],
});

/** Caches with one run, its Job and the Job's pod. */
export function cachesWithAttempt() {
  const stores = createStores();
  stores.runs.set({ metadata: meta("films-1", "run-uid") });
  stores.jobs.set({ metadata: meta("films-1-load-a1", "job-uid", { labels }) });
  stores.pods.set({ metadata: meta("films-1-load-a1-x", SENDER.podUid, { labels, ...ownedBy("job-uid") }) });
  return stores;
}

/** More pods of the same Job, by uid. */
export function addPods(
  stores: ReturnType<typeof createStores>,
  uids: readonly string[],
  namespace = SENDER.namespace,
): void {
  for (const uid of uids)
    stores.pods.set({ metadata: { ...meta(uid, uid, { labels, ...ownedBy("job-uid") }), namespace } });
}
