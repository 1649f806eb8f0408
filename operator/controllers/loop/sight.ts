import { CONTROLLED, cachesFor, KINDS, type Work } from "../../kinds/kinds.ts";
import { ApiError } from "../../kube/api-error.ts";
import type { Watches } from "./caches.ts";

/*
 * What can be done with the caches of a scope as they are. Work that needs a cache which has never been complete waits; everything
 * else goes on.
 *
 * | work        | needs                                    | meanwhile without the others                                  |
 * |-------------|------------------------------------------|---------------------------------------------------------------|
 * | runs        | PipelineRuns, Jobs, Pods                 | a run begins by the API server's own word, a minute late      |
 * | pipelines   | Pipelines, PipelineRuns, Connections     | conditions and history stay as they are                       |
 * | connections | Connections, Jobs, Pods                  | no Connection is tested                                       |
 */

/** A watch that broke is back within seconds; a bookmark then says so, at the latest after a minute. */
const PATIENCE_MS = 120_000;
/** Every step of a reflector has a deadline; none is as long. */
const STUCK_MS = 15 * 60_000;

/** What one scope, a namespace or the whole cluster, shows of itself. */
export class Sight {
  readonly #watches: Watches;
  readonly #scope: string;
  readonly #possible = new Set<Work>();

  /** `namespace` is empty for the whole cluster. */
  constructor(watches: Watches, namespace: string) {
    this.#watches = watches;
    this.#scope = namespace === "" ? "" : ` in namespace ${namespace}`;
  }

  /** Calls back once for each kind of work, as soon as it is possible. */
  whenPossible(begin: (work: Work) => void): void {
    for (const kind of CONTROLLED) {
      const work = KINDS[kind].watch.store;
      const synced = cachesFor(kind).map((name) => this.#watches.of[name].whenSynced());
      void Promise.all(synced).then(() => {
        this.#possible.add(work);
        begin(work);
      });
    }
  }

  can(work: Work): boolean {
    return this.#possible.has(work);
  }

  /** The kinds that cannot be seen now, each with a sentence about it. `nowMs` is monotonic. */
  problems(nowMs: number): { readonly kind: string; readonly problem: string }[] {
    return this.#watches.all().flatMap(({ kind, synced, trouble }) => {
      if (synced && (trouble === undefined || nowMs - trouble.since < PATIENCE_MS)) return [];
      const why = trouble === undefined ? "they are being listed" : reasonOf(trouble.error);
      const what = synced
        ? `${kind}s${this.#scope} may have changed unseen`
        : `${kind}s${this.#scope} are not known yet`;
      return [{ kind, problem: `${what}: ${why}` }];
    });
  }

  /** A sentence about a reflector that has not moved for a time that nothing explains. */
  stuck(nowMs: number): string | undefined {
    const still = this.#watches.all().find(({ movedAt }) => movedAt !== undefined && nowMs - movedAt > STUCK_MS);
    return still === undefined ? undefined : `nothing has happened to the watch of ${still.kind}s for 15 minutes`;
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof Error) return error.message;
  return String(error);
}
