import type { MergePatch } from "../kube/kube.ts";

/** The JSON merge patch (RFC 7386) that turns `before` into `after`: what is gone is null, what is the same is left out. */
export function mergePatchOf(before: object, after: object): MergePatch {
  const old = before as Record<string, unknown>;
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(old)) if (!(key in after)) patch[key] = null;
  for (const [key, value] of Object.entries(after)) {
    if (isPlain(value) && isPlain(old[key])) {
      const inner = mergePatchOf(old[key], value);
      if (Object.keys(inner).length > 0) patch[key] = inner;
    } else if (JSON.stringify(value) !== JSON.stringify(old[key])) {
      patch[key] = value;
    }
  }
  return patch;
}

function isPlain(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
