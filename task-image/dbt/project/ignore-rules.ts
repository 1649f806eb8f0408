/** Whether a path of a project is left out. */
export type IsIgnored = (path: string) => boolean;

interface Rule {
  readonly pattern: RegExp;
  readonly ignores: boolean;
}

/**
 * `.dbtignore`: gitignore's patterns, below the folder in which the file stands. The last pattern that fits decides; a pattern with a
 * slash before its end begins at that folder; one that ends in a slash means folders; `!` takes a path in again.
 */
export function readIgnoreRules(text: string): IsIgnored {
  const rules = text.split(/\r?\n/).flatMap(readRule);
  return (path) => rules.findLast(({ pattern }) => pattern.test(path))?.ignores ?? false;
}

function readRule(line: string): Rule[] {
  const written = line.replace(/(?<!\\)\s+$/, "");
  if (written === "" || written.startsWith("#")) return [];
  const ignores = !written.startsWith("!");
  const pattern = ignores ? written.replace(/^\\(?=[#!])/, "") : written.slice(1);
  const body = pattern.replace(/^\//, "").replace(/\/$/, "");
  const isAnchored = pattern.startsWith("/") || body.includes("/");
  const end = pattern.endsWith("/") ? "/.*" : "(?:/.*)?";
  return [{ pattern: new RegExp(`^${isAnchored ? "" : "(?:.*/)?"}${globPattern(body)}${end}$`, "s"), ignores }];
}

/** `**` crosses folders, `*` and `?` do not, `[a-z]` is one character. */
function globPattern(glob: string): string {
  const parts = glob.match(/\*\*\/|\/\*\*$|\*+|\?|\[!?\]?[^\]]*\]|\\?./gs) ?? [];
  return parts.map(translate).join("");
}

function translate(part: string): string {
  if (part === "**/") return "(?:.*/)?";
  if (part === "/**") return "/.*";
  if (part.startsWith("*")) return "[^/]*";
  if (part === "?") return "[^/]";
  if (part.length > 2 && part.startsWith("[")) {
    return `[${part.slice(1, -1).replace(/^!/, "^").replaceAll("\\", "\\\\")}]`;
  }
  return part.replace(/^\\(?=.)/, "").replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
