import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { writeAtomically } from "../cluster/atomic.ts";
import { STATE } from "../cluster/directories.ts";

const FILE = join(STATE, "made.json");

/** What a cluster of the user's own held: that stays when everything else is removed. */
const Before = z.object({ namespaces: z.array(z.string()), hadRelease: z.boolean(), hadDefinitions: z.boolean() });
export type Before = z.infer<typeof Before>;

/** What the quick start has made beyond what bears its name: `npm run down` removes this and nothing else. */
const Made = z.object({
  /** Process id of a dockerd that was started here. */
  enginePid: z.number().optional(),
  /** The Docker network `kind` did not exist before. */
  network: z.boolean().optional(),
  /** Images that were pulled and were not there before. */
  images: z.array(z.string()).default([]),
  /** Clusters of the user's own, and what was there before the first start on them. */
  contexts: z.record(z.string(), Before).default({}),
  /** Debian packages that were installed. */
  packages: z.array(z.string()).default([]),
});
export type Made = z.infer<typeof Made>;

export async function readMade(): Promise<Made> {
  const text = await readFile(FILE, "utf8").catch(() => "{}");
  const read = Made.safeParse(JSON.parse(text));
  return read.success ? read.data : Made.parse({});
}

let lastWrite: Promise<void> = Promise.resolve();

/** Adds to what was made, one after the other. Lists grow, what a cluster held before stays what it was the first time. */
export function addMade(added: Partial<Made>): Promise<void> {
  lastWrite = lastWrite.then(async () => {
    await writeAtomically(FILE, `${JSON.stringify(mergeMade(await readMade(), added), undefined, 2)}\n`);
  });
  return lastWrite;
}

/** Forgets a cluster of the user's own, once nothing of ours is in it any more. */
export async function forgetContext(context: string): Promise<void> {
  const made = await readMade();
  const contexts = Object.fromEntries(Object.entries(made.contexts).filter(([name]) => name !== context));
  await writeAtomically(FILE, `${JSON.stringify({ ...made, contexts }, undefined, 2)}\n`);
}

export function mergeMade(before: Made, added: Partial<Made>): Made {
  return {
    ...before,
    ...added,
    images: [...new Set([...before.images, ...(added.images ?? [])])],
    packages: [...new Set([...before.packages, ...(added.packages ?? [])])],
    contexts: { ...added.contexts, ...before.contexts },
  };
}
