import { nearestName } from "#api/nearest-name.ts";
import { ConfigurationError } from "../errors.ts";
import type { Advertised } from "./upload-pack.ts";
import { type GitWords, PROJECT_WORDS } from "./words.ts";

/** Names that a message lists. */
const NAMED_MAX = 5;

export interface Resolved {
  /** What is asked for: a commit, or a tag that is an object of its own. */
  readonly object: string;
  readonly commit: string;
}

export function isCommit(ref: string): boolean {
  return /^[0-9a-f]{40}$/.test(ref);
}

/**
 * What a name means, looked for as git does: https://git-scm.com/docs/gitrevisions. Throws a ConfigurationError that names the nearest
 * name of the repository.
 */
export function resolveRef(
  { refs }: Advertised,
  ref: string | undefined,
  url: string,
  words: GitWords = PROJECT_WORDS,
): Resolved {
  const name = ref ?? "HEAD";
  const found = [name, `refs/${name}`, `refs/tags/${name}`, `refs/heads/${name}`].find((full) => refs.has(full));
  const object = refs.get(found ?? "");
  if (object !== undefined) return { object, commit: refs.get(`${found}^{}`) ?? object };
  const names = [...refs.keys()].flatMap((full) => /^refs\/(?:heads|tags)\/((?:(?!\^\{\}).)+)$/.exec(full)?.[1] ?? []);
  const expected = ref === undefined ? "a default branch" : `a branch or tag called ${ref}`;
  throw new ConfigurationError(
    "UnknownRef",
    `${words.subject}: expected ${expected} in ${url}, ${foundNames(names, name)}. ${ref === undefined ? "Set" : "Correct"} ${words.ref}`,
  );
}

function foundNames(names: readonly string[], name: string): string {
  if (names.length === 0) return "found no branch and no tag: the repository is empty";
  const nearest = nearestName(name, names);
  if (nearest !== undefined) return `found ${nearest}`;
  const rest = names.length > NAMED_MAX ? ` and ${names.length - NAMED_MAX} more` : "";
  return `found ${names.slice(0, NAMED_MAX).join(", ")}${rest}`;
}
