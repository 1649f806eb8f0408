/** A first-in, first-out line per group; the groups take turns, so that a thousand keys of one delay no other. */
export class ReadyKeys {
  readonly #groupOf: (key: string) => string;
  readonly #lines = new Map<string, Set<string>>();
  #size = 0;

  constructor(groupOf: (key: string) => string) {
    this.#groupOf = groupOf;
  }

  get size(): number {
    return this.#size;
  }

  /** The key must not be in line already. */
  push(key: string): void {
    const group = this.#groupOf(key);
    const line = this.#lines.get(group) ?? new Set<string>();
    line.add(key);
    this.#lines.set(group, line);
    this.#size++;
  }

  shift(): string | undefined {
    for (const [group, line] of this.#lines) {
      this.#lines.delete(group);
      for (const key of line) {
        line.delete(key);
        this.#size--;
        if (line.size > 0) this.#lines.set(group, line);
        return key;
      }
    }
    return undefined;
  }
}
