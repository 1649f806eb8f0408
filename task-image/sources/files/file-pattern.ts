import { globMatcher } from "./glob.ts";

/** Which files a text of `load.from.files` means. */
export interface FilePattern {
  /** What the names of all of them begin with. */
  readonly prefix: string;
  matches(name: string): boolean;
}

/**
 * A text that ends with a slash means everything below it; one with `*`, `**` or `?` is a glob over the whole name, in which only
 * `**` goes beyond a slash; every other text is the name of one file.
 */
export function filePattern(text: string): FilePattern {
  if (text.endsWith("/")) return { prefix: text, matches: (name) => name.startsWith(text) && !name.endsWith("/") };
  const special = text.search(/[*?]/);
  if (special < 0) return { prefix: text, matches: (name) => name === text };
  const matches = globMatcher(text);
  return { prefix: text.slice(0, special), matches };
}
