/** Room that is kept for ` and 250 more`. */
const REST = 16;

/** `a, b, c and 117 more`: as many of the items as `max` characters hold, none of them cut. */
export function listed(items: readonly string[], max: number, separator = ", "): string {
  const whole = items.join(separator);
  if (whole.length <= max) return whole;
  let text = "";
  let count = 0;
  for (const item of items) {
    const next = count === 0 ? item : `${text}${separator}${item}`;
    if (next.length > max - REST) break;
    text = next;
    count += 1;
  }
  return count === 0 ? cutAtWord(items[0] ?? "", max) : `${text} and ${items.length - count} more`;
}

/** The text, or as much of it as `max` characters hold, cut between two words where there are any. */
export function cutAtWord(text: string, max: number): string {
  if (text.length <= max) return text;
  const cut = text.slice(0, max - 1);
  const word = cut.lastIndexOf(" ");
  const end = word < max / 2 ? cut.replace(/[\uD800-\uDBFF]$/, "") : cut.slice(0, word).replace(/[,;:]$/, "");
  return `${end}…`;
}
