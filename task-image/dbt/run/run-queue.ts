import type { Dependencies } from "./dependencies.ts";
import { type NodeResult, stopsOthers } from "./node-result.ts";

/**
 * Which node runs next. A node's state:
 *
 * | state   | becomes                | when                                                                    |
 * |---------|------------------------|-------------------------------------------------------------------------|
 * | waiting | running                | everything that it waits for has ended well, and a thread asks `next`   |
 * | waiting | skipped                | something that it waits for has failed or was skipped                   |
 * | waiting | skipped                | with `failFast`, something has failed                                   |
 * | running | ended                  | its result comes in                                                     |
 *
 * Of the nodes that may run, the one with the longest way behind it runs first.
 */
export class RunQueue {
  readonly #waits: ReadonlyMap<string, Set<string>>;
  readonly #followers: ReadonlyMap<string, readonly string[]>;
  readonly #weight: (id: string) => number;
  readonly #failFast: boolean;
  readonly #waiting: Set<string>;
  readonly #running = new Set<string>();
  #ready: string[];

  constructor(dependencies: Dependencies, failFast: boolean) {
    this.#waits = new Map([...dependencies].map(([id, waits]) => [id, new Set(waits)] as const));
    this.#followers = followersOf(dependencies);
    this.#weight = weights(this.#followers);
    this.#failFast = failFast;
    this.#waiting = new Set(dependencies.keys());
    this.#ready = [...this.#waiting].filter((id) => this.#waits.get(id)?.size === 0);
    this.#sort();
  }

  /** Whether nothing runs and nothing waits. */
  get isDone(): boolean {
    return this.#waiting.size + this.#running.size === 0;
  }

  /** The node that a free thread runs now; undefined while there is none. */
  next(): string | undefined {
    const id = this.#ready.shift();
    if (id === undefined) return undefined;
    this.#waiting.delete(id);
    this.#running.add(id);
    return id;
  }

  /** A node has ended. Answers the nodes that are skipped because of it, those nearest to it first. */
  end(result: Pick<NodeResult, "id" | "status">): readonly string[] {
    this.#running.delete(result.id);
    const hasFailed = stopsOthers(result);
    if (hasFailed && this.#failFast) return this.#skip([...this.#waiting]);
    if (hasFailed) return this.#skip(this.#allAfter(result.id));
    for (const id of this.#followers.get(result.id) ?? []) {
      const waits = this.#waits.get(id);
      waits?.delete(result.id);
      if (waits?.size === 0 && this.#waiting.has(id)) this.#ready.push(id);
    }
    this.#sort();
    return [];
  }

  #allAfter(id: string): string[] {
    const found = new Set<string>([id]);
    for (const each of found) for (const follower of this.#followers.get(each) ?? []) found.add(follower);
    found.delete(id);
    return [...found];
  }

  #skip(ids: readonly string[]): string[] {
    const skipped = ids.filter((id) => this.#waiting.delete(id));
    this.#ready = this.#ready.filter((id) => this.#waiting.has(id));
    return skipped;
  }

  #sort(): void {
    this.#ready.sort((a, b) => this.#weight(b) - this.#weight(a));
  }
}

function followersOf(dependencies: Dependencies): Map<string, string[]> {
  const followers = new Map<string, string[]>();
  for (const [id, waits] of dependencies) {
    for (const each of waits) followers.set(each, [...(followers.get(each) ?? []), id]);
  }
  return followers;
}

/** How many nodes stand in the longest row that begins at a node. */
function weights(followers: ReadonlyMap<string, readonly string[]>): (id: string) => number {
  const known = new Map<string, number>();
  return (start) => {
    const stack = [start];
    for (let id = stack.at(-1); id !== undefined; id = stack.at(-1)) {
      const after = followers.get(id) ?? [];
      const open = after.filter((each) => !known.has(each));
      if (open.length > 0) {
        stack.push(...open);
        continue;
      }
      known.set(id, 1 + Math.max(0, ...after.map((each) => known.get(each) ?? 0)));
      stack.pop();
    }
    return known.get(start) ?? 1;
  };
}
