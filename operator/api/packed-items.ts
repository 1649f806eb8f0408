import { deflateRawSync, inflateRawSync } from "node:zlib";
import { z } from "zod";
import { ITEM_KINDS, ITEM_STATES, REPORT_ITEMS_MAX, ReportItem } from "./report.ts";

/*
 * Items as one short text, for the termination message: where a task has reached no operator, it is the only word on what lies inside a
 * node. The text is base64url of raw deflate (RFC 1951) of JSON: a list of rows as in {@link PackedRow}.
 */

/** More items than fit into any termination message, and how long their messages may be there. */
const SHORT = { itemsMax: 2000, messageMax: 160 };
/** What a text may become when it is unpacked, in bytes. */
const UNPACKED_BYTES_MAX = 16 * 1024 * 1024;

/** Which items have room first: what needs a reader's eye before what went as planned. */
const FIRST: readonly ReportItem["state"][] = ["Failed", "Warned", "Running", "Skipped", "Succeeded", "Pending"];

const count = z.number().nullish();
/** Kind, state, name, rows, bytes, failures, seconds, attempts, message. What is missing at the end is left out. */
const PackedRow = z.tuple([
  z.int().min(0),
  z.int().min(0),
  z.string(),
  count.optional(),
  count.optional(),
  count.optional(),
  count.optional(),
  count.optional(),
  z.string().nullish().optional(),
]);
type PackedRow = z.infer<typeof PackedRow>;

export interface PackedItems {
  readonly text: string;
  /** Items that did not fit. */
  readonly leftOut: number;
}

/** As many items as fit into `bytesMax` bytes of text: those that failed first. No text where not even one fits. */
export function packItems(items: readonly ReportItem[], bytesMax: number, limits = SHORT): PackedItems {
  const rows = items
    .toSorted((a, b) => FIRST.indexOf(a.state) - FIRST.indexOf(b.state))
    .slice(0, limits.itemsMax)
    .map((item) => packed(item, limits.messageMax));
  let best: PackedItems = { text: "", leftOut: items.length };
  for (let least = 1, most = rows.length; least <= most; ) {
    // The first guess is all of them, which is what most nodes need.
    const many = best.text === "" && most === rows.length ? most : Math.floor((least + most) / 2);
    const text = deflateRawSync(JSON.stringify(rows.slice(0, many)), { level: 9 }).toString("base64url");
    if (text.length <= bytesMax) {
      best = { text, leftOut: items.length - many };
      least = many + 1;
    } else {
      most = many - 1;
    }
  }
  return best;
}

/** The items of a text, or undefined for a text of another program. However it is made, it costs some MiB of memory at most. */
export function unpackItems(text: string): readonly ReportItem[] | undefined {
  try {
    const json = inflateRawSync(Buffer.from(text, "base64url"), { maxOutputLength: UNPACKED_BYTES_MAX }).toString();
    const rows = z.array(PackedRow).max(REPORT_ITEMS_MAX).parse(JSON.parse(json));
    return rows.map((row) => ReportItem.parse(unpacked(row)));
  } catch {
    return undefined;
  }
}

function packed(
  { kind, state, name, rows, bytes, failures, seconds, attempts, message }: ReportItem,
  messageMax: number,
): PackedRow {
  const short = message === undefined ? undefined : message.slice(0, messageMax).replace(/[\uD800-\uDBFF]$/, "");
  const rounded = seconds === undefined ? undefined : Math.round(seconds * 100) / 100;
  const row: PackedRow = [
    ITEM_KINDS.indexOf(kind),
    ITEM_STATES.indexOf(state),
    name,
    rows,
    bytes,
    failures,
    rounded,
    attempts,
    short,
  ];
  while (row.at(-1) === undefined) row.pop();
  return row;
}

function unpacked([kind, state, name, rows, bytes, failures, seconds, attempts, message]: PackedRow): unknown {
  const measured = { rows, bytes, failures, seconds, attempts, message };
  const said = Object.entries(measured).filter(([, value]) => value !== undefined && value !== null);
  return { kind: ITEM_KINDS[kind], state: ITEM_STATES[state], name, ...Object.fromEntries(said) };
}
