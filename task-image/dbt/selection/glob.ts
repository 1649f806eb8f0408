import { characterSet, matcherOf, type Piece } from "../../globs/matcher.ts";
import { cutter, isSet } from "../../globs/parts.ts";

/** Python's `fnmatch`: `*`, `?` and `[…]` over the whole text, slashes and dots included. */
export function matchesGlob(text: string, glob: string): boolean {
  if (!hasWildcard(glob)) return text === glob;
  return matcherOf(partsOf(glob).map((part) => pieceOf(part, "any", "each")))(text);
}

export function hasWildcard(text: string): boolean {
  return /[*?[\]]/.test(text);
}

/** `Path.glob`: `*` stays in its folder, `**` crosses folders. A folder that fits stands for all that lies in it. */
export function matchesPath(path: string, glob: string): boolean {
  const parts = glob.split("/").filter((part) => part !== "" && part !== ".");
  const pieces = parts.flatMap((part, index): Piece[] => {
    const isLast = index === parts.length - 1;
    if (part === "**") return [{ kind: isLast ? "any" : "folders" }];
    const own = partsOf(part).map((piece) => pieceOf(piece, piece === "*" ? "some" : "any", "one"));
    return isLast ? own : [...own, { kind: "literal", text: "/" }];
  });
  const matches = matcherOf(pieces);
  const names = path.split("/");
  return names.some((_, index) => matches(names.slice(0, index + 1).join("/")));
}

const partsOf = cutter(String.raw`\*+|.`);

function pieceOf(part: string, stars: "any" | "some", one: "each" | "one"): Piece {
  if (part.startsWith("*")) return { kind: stars };
  if (part === "?") return { kind: one };
  if (isSet(part)) return { kind: "set", has: characterSet(part.slice(1, -1)) };
  return { kind: "literal", text: part };
}
