/** `[…]`, with one character at least: a `]` that comes first is one of them, also behind the `!`. */
const SET = String.raw`\[(?:![^]|[^!])[^\]]*\]`;

/**
 * What cuts a glob into its parts: sets, and what the source of a regular expression names besides. The time grows with the length of
 * the glob: no `]` is looked for where none comes.
 */
export function cutter(others: string): (glob: string) => readonly string[] {
  const all = new RegExp(`${SET}|${others}`, "gsu");
  const withoutSets = new RegExp(others, "gsu");
  return (glob) => {
    const end = glob.lastIndexOf("]") + 1;
    return [...(glob.slice(0, end).match(all) ?? []), ...(glob.slice(end).match(withoutSets) ?? [])];
  };
}

/** Whether a part is a set. */
export function isSet(part: string): boolean {
  return part.length > 2 && part.startsWith("[");
}
