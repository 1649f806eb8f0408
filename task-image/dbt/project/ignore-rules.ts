import { characterSet, matcherOf, type Piece } from "../../globs/matcher.ts";
import { cutter, isSet } from "../../globs/parts.ts";

/** Whether a path of a project is left out. */
export type IsIgnored = (path: string) => boolean;

interface Rule {
  readonly matches: (name: string) => boolean;
  /** It means folders alone: what lies in one is left out. */
  readonly ofFolders: boolean;
  readonly ignores: boolean;
}

/**
 * `.dbtignore`: gitignore's patterns, below the folder in which the file stands. The last pattern that fits decides; a pattern with a
 * slash before its end begins at that folder; one that ends in a slash means folders; `!` takes a path in again.
 */
export function readIgnoreRules(text: string): IsIgnored {
  const rules = text.split(/\r?\n/).flatMap(readRule);
  return (path) => {
    const folders = foldersOf(path);
    const fits = ({ matches, ofFolders }: Rule) => (!ofFolders && matches(path)) || folders.some(matches);
    return rules.findLast(fits)?.ignores ?? false;
  };
}

function readRule(line: string): Rule[] {
  const trimmed = line.trimEnd();
  const written = trimmed.endsWith("\\") ? line.slice(0, trimmed.length + 1) : trimmed;
  if (written === "" || written.startsWith("#")) return [];
  const ignores = !written.startsWith("!");
  const pattern = ignores ? written.replace(/^\\(?=[#!])/, "") : written.slice(1);
  const body = pattern.replace(/^\//, "").replace(/\/$/, "");
  const isAnchored = pattern.startsWith("/") || body.includes("/");
  const pieces = piecesOf(body);
  const matches = matcherOf(isAnchored ? pieces : [{ kind: "folders" }, ...pieces]);
  return [{ matches, ofFolders: pattern.endsWith("/"), ignores }];
}

/** The folders that a path lies in. */
function foldersOf(path: string): string[] {
  const names = path.split("/").slice(0, -1);
  return names.map((_, index) => names.slice(0, index + 1).join("/"));
}

/** `**` crosses folders, `*` and `?` do not, `[a-z]` is one character. */
function piecesOf(glob: string): readonly Piece[] {
  return partsOf(glob).flatMap(translate);
}

const partsOf = cutter(String.raw`\*\*\/|\/\*\*$|\*+|\?|\\?.`);

function translate(part: string): readonly Piece[] {
  if (part === "**/") return [{ kind: "folders" }];
  if (part === "/**") return [{ kind: "literal", text: "/" }, { kind: "any" }];
  if (part.startsWith("*")) return [{ kind: "some" }];
  if (part === "?") return [{ kind: "one" }];
  if (isSet(part)) return [{ kind: "set", has: characterSet(part.slice(1, -1)) }];
  return [{ kind: "literal", text: part.replace(/^\\(?=.)/s, "") }];
}
