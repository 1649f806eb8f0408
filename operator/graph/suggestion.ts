/** The known name nearest to a misspelt one, if any is near: one typing slip for every three letters. */
export function nearestName(name: string, known: readonly string[]): string | undefined {
  const slipsMax = Math.max(1, Math.floor(name.length / 3));
  const ranked = known
    .filter((other) => Math.abs(other.length - name.length) <= slipsMax)
    .map((other) => ({ other, slips: typingSlips(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ slips }) => slips <= slipsMax)
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
