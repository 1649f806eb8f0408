/** A range holds at least this many pages (8 MiB): below that, connecting takes longer than reading. */
const RANGE_PAGES_MIN = 1024;
/** Ranges for each reader, so that one with short rows or many dead ones does not keep the others waiting. */
const RANGES_PER_READER = 4;

/**
 * Conditions on `ctid` that together hold for every row of a table once, each for pages that lie together (a TID range scan, from
 * Postgres 14). One condition or none where the table is too small to be read in parts. The last range has no end, for pages that
 * come after the count.
 */
export function pageRanges(pages: number, readers: number): readonly string[] {
  const count = Math.min(readers * RANGES_PER_READER, Math.floor(pages / RANGE_PAGES_MIN));
  const starts = Array.from({ length: count }, (_, index) => Math.floor((index * pages) / count));
  return starts.map((start, index) => {
    const end = starts[index + 1];
    const from = `ctid >= '(${start},0)'::tid`;
    return end === undefined ? from : `${from} AND ctid < '(${end},0)'::tid`;
  });
}
