import { createHash } from "node:crypto";
import { TAKEN_NAMES, UNIT_NAME_MAX } from "#api/packing.ts";

/**
 * A name that a label and a Job can have, of a name that dbt has: `stg_posts` is `stg-posts`. Where a name is changed beyond that, is long,
 * or is `taken`, it ends with a hash of the whole.
 */
export function unitName(name: string, taken: (name: string) => boolean): string {
  const plain = name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  const isFree = plain !== "" && !TAKEN_NAMES.includes(plain) && !taken(plain);
  if (isFree && plain.length <= UNIT_NAME_MAX) return plain;
  const hash = createHash("sha256").update(name).digest("hex").slice(0, 10);
  const room = UNIT_NAME_MAX - hash.length - 1;
  return `${plain.slice(0, room).replace(/-+$/, "") || "unit"}-${hash}`;
}
