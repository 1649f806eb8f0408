import type { Dependencies } from "./dependencies.ts";
import type { NodeResult } from "./node-result.ts";

/** What of a run has been done by an earlier attempt of it, and what is left. */
export interface Reuse {
  readonly done: readonly NodeResult[];
  readonly left: Dependencies;
}

/**
 * A node is done if an earlier attempt has ended it well, and everything that it waits for too: what stands behind a node that runs again
 * runs again.
 */
export function reuse(dependencies: Dependencies, ended: ReadonlyMap<string, NodeResult>): Reuse {
  const open = new Set([...dependencies.keys()].filter((id) => !ended.has(id)));
  const followers = new Map<string, string[]>();
  for (const [id, waits] of dependencies) {
    for (const each of waits) followers.set(each, [...(followers.get(each) ?? []), id]);
  }
  for (const id of open) for (const follower of followers.get(id) ?? []) open.add(follower);
  const left = [...dependencies].filter(([id]) => open.has(id));
  return {
    done: [...dependencies.keys()].flatMap((id) => {
      const result = open.has(id) ? undefined : ended.get(id);
      return result === undefined ? [] : [{ ...result, isReused: true }];
    }),
    left: new Map(left.map(([id, waits]) => [id, new Set([...waits].filter((each) => open.has(each)))] as const)),
  };
}
