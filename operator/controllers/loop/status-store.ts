import type { ObjectMeta } from "../../api/metadata.ts";
import type { ControlledKind } from "../../kinds/kinds.ts";
import { isConflict, isNotFound } from "../../kube/api-error.ts";
import { formatKey } from "../../kube/object-key.ts";
import { writerKey } from "../../kube/own-writes.ts";
import { statusDiffers } from "../../run/status.ts";
import { mergePatchOf } from "./merge-patch.ts";
import type { ControllerServices } from "./services.ts";

/** What this process remembers of the writes of one object's status. */
export class StatusWrites {
  /** When the status was last written, or was to be, wall clock ms. */
  at = 0;
  /** How many writes have failed since one succeeded. */
  failures = 0;
}

/** When a status that is to be stored may be, wall clock ms; `held` when that is later because writes failed. */
export interface StatusWait {
  readonly wakeAt?: number | undefined;
  readonly held?: boolean;
}

/** A status that is to be stored. */
export interface StatusChange<Status extends object> {
  readonly meta: ObjectMeta;
  readonly before: Status;
  readonly after: Status;
  readonly writes: StatusWrites;
  /** The least time since the write before where that one succeeded; a second by default. */
  readonly pauseMs?: number;
  /** Stores it, where that takes more than {@link StatusStore.patch}. */
  readonly put?: () => Promise<StatusWait>;
}

/** The least time between two writes of one object's status. */
export const STATUS_INTERVAL_MS = 1_000;
/** The longest time between two writes that fail. */
const BACKOFF_MAX_MS = 30_000;

/** Stores the statuses of one kind: each at most once a second, and with a growing wait where the API server refuses it. */
export class StatusStore<Status extends object> {
  readonly #kind: ControlledKind;
  readonly #services: Pick<ControllerServices, "kube" | "clock" | "ownWritesIn">;

  constructor(kind: ControlledKind, services: Pick<ControllerServices, "kube" | "clock" | "ownWritesIn">) {
    this.#kind = kind;
    this.#services = services;
  }

  /** Rejects with the ApiError of a write that failed. */
  async write(change: StatusChange<Status>): Promise<StatusWait> {
    const { meta, before, after, writes, pauseMs = STATUS_INTERVAL_MS } = change;
    if (!statusDiffers(before, after)) return {};
    const now = this.#services.clock.now();
    const wakeAt = writes.at + (writes.failures === 0 ? pauseMs : backoffMs(writes.failures));
    if (now < wakeAt && writes.at <= now) return writes.failures > 0 ? { wakeAt, held: true } : { wakeAt };
    writes.at = now;
    try {
      const wait = await (change.put === undefined ? this.#patchOnly(meta, before, after) : change.put());
      writes.failures = 0;
      return wait;
    } catch (error) {
      // Somebody else has written the object: the caches show it in a moment, and the decision is made again.
      if (!isConflict(error)) writes.failures += 1;
      throw error;
    }
  }

  /** Patches the status of the object as it was at `resourceVersion`. Answers false for an object that is gone. */
  async patch(
    meta: ObjectMeta,
    before: Status,
    after: Status,
    resourceVersion = meta.resourceVersion,
  ): Promise<boolean> {
    const { kube, ownWritesIn } = this.#services;
    const { namespace, name } = meta;
    const patch = { status: mergePatchOf(before, after) };
    try {
      const options = { subresource: "status", resourceVersion } as const;
      const stored = await kube.patch(this.#kind, { namespace, name }, patch, options);
      const writer = writerKey(this.#kind, formatKey(meta));
      ownWritesIn(namespace).wrote(writer, this.#kind, stored.metadata.resourceVersion);
      return true;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  async #patchOnly(meta: ObjectMeta, before: Status, after: Status): Promise<StatusWait> {
    await this.patch(meta, before, after);
    return {};
  }
}

function backoffMs(failures: number): number {
  return Math.min(BACKOFF_MAX_MS, STATUS_INTERVAL_MS * 2 ** failures);
}
