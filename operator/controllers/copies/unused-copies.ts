import { ANNOTATION, type ObjectMeta } from "#api/metadata.ts";
import type { ControllerRevision } from "../../kinds/objects.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import type { RunSummary } from "../../run/own-runs.ts";
import { unusedCopies } from "../../run/unused-copies.ts";
import type { ControllerServices } from "../loop/services.ts";

/** How long a copy is seen to be unused before it goes: longer than any status that names it can be on its way. */
const UNUSED_MS = 60_000;

/** Deletes the copies of specs that no run needs any more. It remembers nothing that a new process could not see again. */
export class UnusedCopies {
  readonly #services: Pick<ControllerServices, "kube" | "caches" | "clock" | "log">;
  /** By Pipeline, then by uid and resourceVersion of the copy: since when it is unused, monotonic ms. */
  readonly #since = new Map<string, ReadonlyMap<string, number>>();

  constructor(services: Pick<ControllerServices, "kube" | "caches" | "clock" | "log">) {
    this.#services = services;
  }

  /** `runs` are all that name the Pipeline of the key. Returns when to look again, wall clock ms. */
  async sweep(key: string, runs: readonly RunSummary[], pipeline: ObjectMeta | undefined): Promise<number | undefined> {
    const { caches, clock } = this.#services;
    const copies = caches.revisions.by("pipeline", key).map(({ metadata }) => {
      return { name: metadata.name, takenBy: metadata.annotations?.[ANNOTATION.takenBy], metadata };
    });
    const before = this.#since.get(key);
    const now = clock.monotonic();
    const since = new Map<string, number>();
    for (const { metadata } of unusedCopies(copies, runs, pipeline)) {
      const version = `${metadata.uid}/${metadata.resourceVersion}`;
      const unusedAt = before?.get(version) ?? now;
      if (now - unusedAt < UNUSED_MS) since.set(version, unusedAt);
      else await this.#delete(key, metadata);
    }
    if (since.size === 0) this.#since.delete(key);
    else this.#since.set(key, since);
    return since.size === 0 ? undefined : clock.now() + Math.min(...since.values()) + UNUSED_MS - now;
  }

  /** A run that takes the copy in this moment has written its uid on it, and so another version. */
  async #delete(key: string, { namespace, name, uid, resourceVersion }: ControllerRevision["metadata"]): Promise<void> {
    const { kube, log } = this.#services;
    try {
      await kube.delete("ControllerRevision", { namespace, name }, { propagation: "Background", uid, resourceVersion });
      log.info({ pipeline: key, revision: name }, "deleted the copy of a spec that no run needs any more");
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error;
    }
  }
}
