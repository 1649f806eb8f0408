/** A first-in, first-out line per group; the groups take turns, so that a thousand items of one delay no other. */
export class Turns<T> {
  /** Groups with items, those whose turn comes first before the others. */
  readonly #lines = new Map<string, Set<T>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The item must not be in line already. */
  push(group: string, item: T): void {
    const line = this.#lines.get(group) ?? new Set<T>();
    line.add(item);
    this.#lines.set(group, line);
    this.#size++;
  }

  /** The first item of the first group that `may` go. Groups that may not keep their place. */
  shift(may: (group: string) => boolean = () => true): T | undefined {
    for (const [group, line] of this.#lines) {
      if (!may(group)) continue;
      for (const item of line) {
        this.delete(group, item);
        if (line.size > 0) this.#moveToEnd(group, line);
        return item;
      }
    }
    return undefined;
  }

  delete(group: string, item: T): void {
    const line = this.#lines.get(group);
    if (line?.delete(item) !== true) return;
    this.#size--;
    if (line.size === 0) this.#lines.delete(group);
  }

  #moveToEnd(group: string, line: Set<T>): void {
    this.#lines.delete(group);
    this.#lines.set(group, line);
  }
}
