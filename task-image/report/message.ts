import { REPORT_BYTES_MAX, REPORT_VERSION, type Report } from "#api/report.ts";
import type { ItemStore } from "./item-store.ts";

/** What a message says beside its items. */
export type Heading = Omit<Report, "version" | "items" | "itemsLeftOut" | "progress" | "commit" | "packages">;

/** Bytes that are left to the items: the heading has at most a result of 3 KiB, names of a few hundred characters and counts. */
const ITEMS_BYTES_MAX = REPORT_BYTES_MAX - 16 * 1024;
/** The same for an operator that has found a message too large. */
const FEW_ITEMS_BYTES_MAX = 64 * 1024;

/**
 * The body of a message, with the items that it takes from the store. What does not fit comes with the next one, but for an operator that
 * has found a message too large: it gets counts and those that failed.
 */
export function encodeMessage(heading: Heading, store: ItemStore, isReduced: boolean): string {
  const which = heading.kind === "snapshot" ? "all" : "changed";
  const items = store.take(which, isReduced ? FEW_ITEMS_BYTES_MAX : ITEMS_BYTES_MAX, isReduced);
  const progress = store.counts();
  const leftOut = store.leftOut + (isReduced ? progress.total - items.length : 0);
  const isCut = heading.kind === "snapshot" && leftOut > 0;
  const report: Report = {
    version: REPORT_VERSION,
    ...heading,
    progress,
    ...store.project,
    items: [...items],
    ...(isCut ? { itemsLeftOut: leftOut } : {}),
  };
  return JSON.stringify(report);
}
