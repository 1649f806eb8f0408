const NAMES_MAX = 5;

/** At most five of the known names, those that look most like the wanted one first. */
export function nearNames(wanted: string, known: readonly string[]): readonly string[] {
  const ranked = known.map((name) => ({ name, likeness: likeness(wanted, name) }));
  ranked.sort((a, b) => b.likeness - a.likeness || (a.name < b.name ? -1 : 1));
  return ranked.slice(0, NAMES_MAX).map(({ name }) => name);
}

/** Dice's coefficient over pairs of letters, from 0 to 1: it forgives slips, other endings and swapped words. */
function likeness(a: string, b: string): number {
  const pairsOfA = letterPairs(a);
  const pairsOfB = letterPairs(b);
  let shared = 0;
  for (const pair of pairsOfA) if (pairsOfB.has(pair)) shared += 1;
  return (2 * shared) / (pairsOfA.size + pairsOfB.size);
}

function letterPairs(text: string): ReadonlySet<string> {
  const framed = ` ${text.toLowerCase()} `;
  return new Set(Array.from({ length: framed.length - 1 }, (_, index) => framed.slice(index, index + 2)));
}
