import type { Logger } from "pino";
import type { EventTarget, EventWriter } from "../loop/event-writer.ts";
import type { Foreign } from "./attempts.ts";

/** At most so many are reported one by one for an object: whoever makes them could make any number. */
const TOLD_MAX = 20;

/** Tells once of every Job and Pod that claims to be an object's and does not count. */
export class Strangers {
  readonly #log: Logger;
  readonly #events: EventWriter;
  readonly #reported = new Set<string>();

  constructor({ log, events }: { readonly log: Logger; readonly events: EventWriter }) {
    this.#log = log;
    this.#events = events;
  }

  report(target: EventTarget, foreign: readonly Foreign[]): void {
    for (const { kind, uid, why } of foreign) {
      if (this.#reported.size >= TOLD_MAX) return;
      if (this.#reported.has(uid)) continue;
      this.#reported.add(uid);
      const more = this.#reported.size === TOLD_MAX ? "; further ones are not reported" : "";
      const note = `${why}${more}`;
      this.#log.warn({ ...target, reason: note }, "a Job or Pod is not counted");
      const reason = kind === "Job" ? "ForeignJob" : "ForeignPod";
      this.#events.write(target, [{ type: "Warning", reason, action: "Ignore", note: note.slice(0, NOTE_MAX) }]);
    }
  }
}

/** Characters of an Event's note: the API takes 1,024 bytes, and names are ASCII. */
const NOTE_MAX = 1000;
