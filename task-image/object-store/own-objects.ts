import { randomUUID } from "node:crypto";
import type { TaskSpec } from "#api/task.ts";
import type { ObjectStore } from "./object-store.ts";

/** What keys of kelt's own objects in a bucket begin with: no load takes them for data. */
export const OWN_PREFIX = "_kelt/";

/** Objects that a task needs for a while. Each process has keys of its own, so that two pods of one attempt do not meet. */
export interface OwnObjects {
  readonly store: ObjectStore;
  readonly prefix: string;
  /** Takes them away, and what earlier attempts have left. */
  remove(): Promise<void>;
}

/** The objects of a process of a node for one purpose. */
export function ownObjects(
  store: ObjectStore,
  { run, node, attempt }: Pick<TaskSpec, "run" | "node" | "attempt">,
  purpose: "copy" | "rows",
): OwnObjects {
  const root = `${OWN_PREFIX}${run.uid}/${node}/${purpose}/`;
  const prefix = `${root}${attempt}/${randomUUID()}/`;
  const isLeft = (key: string) => Number(key.slice(root.length).split("/")[0]) < attempt;
  return {
    store,
    prefix,
    remove: async () => {
      for await (const { key } of store.list(root)) {
        if (key.startsWith(prefix) || isLeft(key)) await store.remove(key);
      }
    },
  };
}
