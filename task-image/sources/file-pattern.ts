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
  const expression = new RegExp(`^${globExpression(text)}$`, "s");
  return { prefix: text.slice(0, special), matches: (name) => expression.test(name) };
}

function globExpression(glob: string): string {
  return glob.replaceAll(/\*\*\/|\*\*|\*|\?|[\\^$.+()[\]{}|]/g, (part) => {
    if (part === "**/") return "(?:.*/)?";
    if (part === "**") return ".*";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
}
