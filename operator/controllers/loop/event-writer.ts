import { createHash } from "node:crypto";
import type { Logger } from "pino";
import { API_VERSION, MANAGER } from "#api/metadata.ts";
import type { ControlledKind } from "../../kinds/kinds.ts";
import { isAlreadyExists } from "../../kube/api-error.ts";
import type { Clock } from "../../kube/clock.ts";
import type { Kube } from "../../kube/kube.ts";
import { microTime } from "../../kube/micro-time.ts";
import type { EventIntent } from "../../telemetry/run-events.ts";

/** The object that an Event tells of. */
export interface EventTarget {
  readonly kind: ControlledKind;
  readonly namespace: string;
  readonly name: string;
  readonly uid: string;
}

export interface EventWriterServices {
  readonly kube: Kube;
  readonly clock: Clock;
  readonly log: Logger;
  /** Name of this replica. */
  readonly instance: string;
}

/** Events under way at the same time; what comes on top is dropped, because Events are hints and statuses are the truth. */
const UNDER_WAY_MAX = 64;
/** Those of one namespace: a quarter, so that one that is slow or loud leaves room for others. */
const NAMESPACE_UNDER_WAY_MAX = 16;
/** Characters of the object's name that an Event's name begins with; a hash and a dot follow, and 253 is the end. */
const NAME_MAX = 230;

/** Writes Events in the background. A failure to write one is logged and changes nothing else. */
export class EventWriter {
  readonly #services: EventWriterServices;
  readonly #underWay = new Map<Promise<void>, string>();

  constructor(services: EventWriterServices) {
    this.#services = services;
  }

  write(target: EventTarget, intents: readonly EventIntent[]): void {
    const dropped: string[] = [];
    for (const intent of intents) {
      if (!this.#hasRoom(target.namespace)) {
        dropped.push(intent.reason);
        continue;
      }
      const writing = this.#create(target, intent).finally(() => this.#underWay.delete(writing));
      this.#underWay.set(writing, target.namespace);
    }
    if (dropped.length === 0) return;
    const fields = { ...target, count: dropped.length, reason: dropped[0] };
    this.#services.log.warn(fields, "Events were dropped: too many are under way");
  }

  #hasRoom(namespace: string): boolean {
    if (this.#underWay.size >= UNDER_WAY_MAX) return false;
    const same = [...this.#underWay.values()].filter((other) => other === namespace);
    return same.length < NAMESPACE_UNDER_WAY_MAX;
  }

  /** Resolves when nothing is under way. */
  async flush(): Promise<void> {
    await Promise.all(this.#underWay.keys());
  }

  async #create(target: EventTarget, intent: EventIntent): Promise<void> {
    const { kube, clock, log, instance } = this.#services;
    const now = clock.now();
    const hash = createHash("sha256")
      .update(`${target.uid}/${intent.reason}/${intent.note}/${now}`)
      .digest("hex")
      .slice(0, 16);
    const { kind, namespace, name, uid } = target;
    try {
      await kube.create("Event", namespace, {
        metadata: { name: `${name.slice(0, NAME_MAX).replace(/[-.]+$/, "")}.${hash}` },
        eventTime: microTime(now),
        reportingController: `${MANAGER}.dev/operator`,
        reportingInstance: instance.slice(0, 128),
        regarding: { apiVersion: API_VERSION, kind, namespace, name, uid },
        ...intent,
      });
    } catch (error) {
      if (!isAlreadyExists(error))
        log.warn({ kind, namespace, name, reason: (error as Error).message }, "an Event could not be written");
    }
  }
}
