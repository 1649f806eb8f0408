import { z } from "zod";
import { packItems, unpackItems } from "#api/packed-items.ts";
import { REPORT_ITEMS_MAX, ReportItem } from "#api/report.ts";

/** The longest text that is read, in characters: the longest report with the longest names and messages. */
export const KEPT_LENGTH_MAX = 24 * 1024 * 1024;

/**
 * What an attempt leaves of its items at its destination, for the next attempt of the node and for people: a whole report, in which what
 * earlier attempts have done is counted too. Nobody decides by it.
 */
const KeptReport = z.object({
  version: z.literal(1),
  outcome: z.enum(["succeeded", "failed"]),
  items: z.array(ReportItem).max(REPORT_ITEMS_MAX).optional(),
  /** The same items as `packed-items.ts` writes them, where a text has to be short. */
  packed: z.string().optional(),
  itemsLeftOut: z.int().min(0),
});

export interface Kept {
  readonly outcome: "succeeded" | "failed";
  readonly items: readonly ReportItem[];
  /** Items beyond these. */
  readonly leftOut: number;
}

/** The report as JSON of at most `bytesMax` bytes: packed where it would be longer, and those that failed first where even that is. */
export function encodeKept({ outcome, items, leftOut }: Kept, bytesMax = Number.POSITIVE_INFINITY): string {
  const text = JSON.stringify({ version: 1, outcome, itemsLeftOut: leftOut, items });
  if (Buffer.byteLength(text) <= bytesMax) return text;
  const packed = packItems(items, bytesMax - 128, { itemsMax: REPORT_ITEMS_MAX, messageMax: 1024 });
  return JSON.stringify({ version: 1, outcome, itemsLeftOut: leftOut + packed.leftOut, packed: packed.text });
}

/** The report of a text; undefined for a text of another program. */
export function decodeKept(text: string): Kept | undefined {
  if (text.length > KEPT_LENGTH_MAX) return undefined;
  const { data } = KeptReport.safeParse(parsed(text));
  if (data === undefined) return undefined;
  const items = data.items ?? unpackItems(data.packed ?? "");
  return items === undefined ? undefined : { outcome: data.outcome, items, leftOut: data.itemsLeftOut };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
