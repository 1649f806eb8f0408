import type { ObjectMeta } from "../../api/metadata.ts";
import { digest32 } from "./digest.ts";

/**
 * The name of a slot's run: `films-20261201t0500z`, the slot to the minute, in UTC. Cron knows minutes alone, so a name is one slot and a slot
 * is one name, whatever crons and zone it came from. A Pipeline's name has at most 63 characters, and this one 78.
 */
export function slotRunName(pipeline: string, slot: number): string {
  const time = new Date(slot).toISOString().slice(0, 16).replaceAll(/[-:]/g, "").replace("T", "t");
  return `${pipeline}-${time}z`;
}

/** How long the run of a slot waits, in ms: always the same for a slot of a Pipeline, less than `jitter`, over before the next slot. */
export function slotDelay({ uid }: Pick<ObjectMeta, "uid">, slot: number, jitter: number, next: number): number {
  const most = Math.min(jitter, next - slot);
  return Math.floor((digest32(`${uid}/${slot}`) / 2 ** 32) * most);
}
