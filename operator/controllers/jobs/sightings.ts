/**
 * When this process first saw something, by its own clock. Kubelets, the API server and the Job controller write times by clocks of their
 * own, which say nothing when they are compared with ours. A process that begins takes what it finds for new: waits begin again.
 */
export class Sightings {
  readonly #first = new Map<string, number>();

  /** When `what` was first seen: now, unless it was before. */
  at(what: string, now: number): number {
    const first = this.#first.get(what) ?? now;
    this.#first.set(what, first);
    return first;
  }
}

/** The first sight of one thing that an object says, such as its end. */
export type Seen = (what: string) => number;

/** Sights of one object, known by its uid. */
export function seenOf(sightings: Sightings, { uid }: { readonly uid: string }, now: number): Seen {
  return (what) => sightings.at(`${uid}/${what}`, now);
}
