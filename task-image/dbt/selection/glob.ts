/** Python's `fnmatch`: `*`, `?` and `[…]` over the whole text, slashes and dots included. */
export function matchesGlob(text: string, glob: string): boolean {
  if (!hasWildcard(glob)) return text === glob;
  return new RegExp(`^${glob.match(PARTS)?.map(translate).join("") ?? ""}$`, "s").test(text);
}

export function hasWildcard(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/** `Path.glob`: `*` stays in its folder, `**` crosses folders. A folder that fits stands for all that lies in it. */
export function matchesPath(path: string, glob: string): boolean {
  const parts = glob.split("/").filter((part) => part !== "" && part !== ".");
  const pattern = parts.map((part, index) => {
    if (part === "**") return index === parts.length - 1 ? ".*" : "(?:[^/]+/)*";
    const own = part
      .match(PARTS)
      ?.map((piece) => (piece === "*" ? "[^/]*" : piece === "?" ? "[^/]" : translate(piece)));
    return `${own?.join("") ?? ""}${index === parts.length - 1 ? "" : "/"}`;
  });
  return new RegExp(`^${pattern.join("")}(?:/.*)?$`, "s").test(path);
}

const PARTS = /\*+|\[!?\]?[^\]]*\]|[\s\S]/g;

function translate(part: string): string {
  if (part.startsWith("*")) return ".*";
  if (part === "?") return ".";
  if (part.length > 2 && part.startsWith("[")) {
    return `[${part.slice(1, -1).replaceAll("\\", "\\\\").replace(/^!/, "^")}]`;
  }
  return part.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&");
}
