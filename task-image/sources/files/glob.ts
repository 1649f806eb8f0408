import { matcherOf, type Piece } from "../../globs/matcher.ts";

/** Whether a glob matches a whole name with slashes: `**` crosses them, `*` and `?` do not, everything else is itself. */
export function globMatcher(glob: string): (name: string) => boolean {
  return matcherOf(parseGlob(glob));
}

function parseGlob(glob: string): readonly Piece[] {
  return [...glob.matchAll(/(?:\*\*\/)+|\*{2,}|\*|\?|[\s\S]/gu)].map(([text]): Piece => {
    if (text.startsWith("**/")) return { kind: "folders" };
    if (text === "*") return { kind: "some" };
    if (text === "?") return { kind: "one" };
    return text.startsWith("**") ? { kind: "any" } : { kind: "literal", text };
  });
}
