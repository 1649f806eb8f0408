import type { Logger } from "pino";
import type { Clock } from "../../kube/clock.ts";
import type { Kube } from "../../kube/kube.ts";
import type { OwnWrites } from "../../kube/own-writes.ts";
import type { Caches } from "./caches.ts";

/** What every controller works with. */
export interface ControllerServices {
  readonly kube: Kube;
  readonly caches: Caches;
  /** The gate of a namespace: whether its caches have seen our own writes. */
  readonly ownWritesIn: (namespace: string) => OwnWrites;
  readonly clock: Clock;
  readonly log: Logger;
}
