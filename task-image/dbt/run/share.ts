import type { Dependencies } from "./dependencies.ts";
import { type NodeResult, stopsOthers } from "./node-result.ts";

/** What one Job runs of a project that several Jobs build together. */
export interface Share {
  /** Ids of the nodes that it runs. */
  readonly ids: ReadonlySet<string>;
  readonly hooks: "on-run-start" | "on-run-end" | "none";
  /** What the Jobs before it have left of nodes that are not its own. */
  readonly before: ReadonlyMap<string, NodeResult>;
}

export interface Shared {
  /** The nodes that may run, and what each waits for among them. */
  readonly left: Dependencies;
  /** Nodes that may not, by the id of the one that failed or has no result: another Job should have built it. */
  readonly skipped: ReadonlyMap<string, string>;
}

/** The nodes of a share, without those that stand behind something that did not end well. */
export function shareOf(dependencies: Dependencies, { ids, before }: Pick<Share, "ids" | "before">): Shared {
  const own = [...dependencies].filter(([id]) => ids.has(id));
  const skipped = new Map<string, string>();
  const hasFailed = (id: string) => {
    const result = before.get(id);
    return result === undefined || stopsOthers(result);
  };
  for (const [id, waits] of own) {
    const failed = [...waits].find((each) => !ids.has(each) && hasFailed(each));
    if (failed !== undefined) skipped.set(id, failed);
  }
  const followers = new Map<string, string[]>();
  for (const [id, waits] of own) for (const each of waits) followers.set(each, [...(followers.get(each) ?? []), id]);
  for (const [id, failed] of skipped) {
    for (const follower of followers.get(id) ?? []) if (!skipped.has(follower)) skipped.set(follower, failed);
  }
  const left = own.filter(([id]) => !skipped.has(id));
  return {
    left: new Map(left.map(([id, waits]) => [id, new Set([...waits].filter((each) => ids.has(each)))] as const)),
    skipped,
  };
}
