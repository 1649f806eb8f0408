/** A sentence of another program: what is public of it is what the expression finds, or the text beside it. */
export type Sentence = RegExp | readonly [found: RegExp, shown: string];

/** The part of a message that holds no value, as the first sentence of the table that fits says; undefined where none fits. */
export function knownSentence(table: readonly Sentence[], message: string): string | undefined {
  for (const sentence of table) {
    const [pattern, shown = "$&"] = sentence instanceof RegExp ? [sentence] : sentence;
    const found = pattern.exec(message);
    if (found !== null) return found[0].replace(pattern, shown);
  }
  return undefined;
}
