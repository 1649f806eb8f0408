/**
 * One piece of a glob over names with slashes.
 *
 * | piece   | written | means                                      |
 * |---------|---------|--------------------------------------------|
 * | any     | `**`    | any characters                             |
 * | folders | `**` /  | nothing, or anything that ends with a slash |
 * | some    | `*`     | any characters but a slash                 |
 * | one     | `?`     | one character that is no slash             |
 * | literal |         | itself                                     |
 */
type Piece =
  | { readonly kind: "any" | "folders" | "some" | "one" }
  | { readonly kind: "literal"; readonly text: string };

/**
 * Whether a glob matches a whole name. The time grows with the length of the name times that of the glob, whatever they hold: all
 * places of the glob that the name may have reached are followed at once (Thompson's algorithm), where a regular expression would
 * try every way to share the name among the stars.
 */
export function globMatcher(glob: string): (name: string) => boolean {
  const pieces = parseGlob(glob);
  return (name) => {
    let reached = new Set<number>();
    enter(reached, 0, pieces);
    for (const character of name) {
      if (reached.size === 0) return false;
      const next = new Set<number>();
      for (const at of reached) step(next, at, pieces, character);
      reached = next;
    }
    return reached.has(pieces.length);
  };
}

function parseGlob(glob: string): readonly Piece[] {
  return [...glob.matchAll(/(?:\*\*\/)+|\*{2,}|\*|\?|[\s\S]/gu)].map(([text]): Piece => {
    if (text.startsWith("**/")) return { kind: "folders" };
    if (text === "*") return { kind: "some" };
    if (text === "?") return { kind: "one" };
    return text.startsWith("**") ? { kind: "any" } : { kind: "literal", text };
  });
}

/** Adds a place that is reached from the one before it, and those behind it that may stand for nothing. */
function enter(reached: Set<number>, at: number, pieces: readonly Piece[]): void {
  reached.add(at);
  const kind = pieces[at]?.kind;
  if (kind === "any" || kind === "some" || kind === "folders") enter(reached, at + 1, pieces);
}

/** Adds the places that a character leads to from a place. */
function step(next: Set<number>, at: number, pieces: readonly Piece[], character: string): void {
  const piece = pieces[at];
  const isSlash = character === "/";
  switch (piece?.kind) {
    case "any":
      enter(next, at, pieces);
      break;
    case "folders":
      // In the middle of a folder's name the rest of the glob cannot begin.
      if (isSlash) enter(next, at, pieces);
      else next.add(at);
      break;
    case "some":
      if (!isSlash) enter(next, at, pieces);
      break;
    case "one":
      if (!isSlash) enter(next, at + 1, pieces);
      break;
    case "literal":
      if (character === piece.text) enter(next, at + 1, pieces);
      break;
    default:
  }
}
