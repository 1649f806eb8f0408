/** Words that begin alike so far are forms of one word, such as retry and retries. */
const STEM_LENGTH = 4;
/** A longer name is not a typing slip, and comparing it takes the square of its length. */
const NAME_LENGTH_MAX = 100;

/** The known name nearest to a misspelt one, if any is near: one typing slip for every three letters, or another form of the word. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  if (name.length > NAME_LENGTH_MAX) return undefined;
  const slipsMax = Math.max(1, Math.floor(name.length / 3));
  const stem = name.slice(0, STEM_LENGTH).toLowerCase();
  const ranked = known
    .map((other) => ({ other, slips: typingSlips(name.toLowerCase(), other.toLowerCase()) }))
    .filter(
      ({ other, slips }) => slips <= slipsMax || (stem.length === STEM_LENGTH && other.toLowerCase().startsWith(stem)),
    )
    .sort((a, b) => a.slips - b.slips || (a.other < b.other ? -1 : 1));
  return ranked[0]?.other;
}

/** Letters left out, put in, changed or swapped with their neighbour (Damerau's distance, adjacent swaps only). */
function typingSlips(from: string, to: string): number {
  const rows = [Array.from({ length: to.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= from.length; row += 1) {
    const line = [row];
    rows.push(line);
    for (let column = 1; column <= to.length; column += 1) {
      const changed = from[row - 1] === to[column - 1] ? 0 : 1;
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      line.push(
        Math.min(
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          at(row - 1, column - 1) + changed,
          swapped ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
  }
  return at(from.length, to.length);
}
