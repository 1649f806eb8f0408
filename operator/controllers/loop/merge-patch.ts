import type { MergePatch } from "../../kube/kube.ts";

/** The JSON merge patch (RFC 7386) that turns `before` into `after`: what is gone is null, what is the same is left out. */
export function mergePatchOf(before: object, after: object): MergePatch {
  // Maps, because a node may be called `constructor`, which every plain object seems to have.
  const old = new Map<string, unknown>(Object.entries(before));
  const next = new Map<string, unknown>(Object.entries(after).filter(([, value]) => value !== undefined));
  const patch = new Map<string, unknown>();
  for (const key of old.keys()) if (!next.has(key)) patch.set(key, null);
  for (const [key, value] of next) {
    const was = old.get(key);
    if (isPlain(value) && isPlain(was)) {
      const inner = mergePatchOf(was, value);
      if (Object.keys(inner).length > 0) patch.set(key, inner);
    } else if (JSON.stringify(value) !== JSON.stringify(was)) {
      patch.set(key, value);
    }
  }
  return Object.fromEntries(patch);
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
