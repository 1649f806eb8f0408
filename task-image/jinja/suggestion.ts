import { nearestName } from "#api/nearest-name.ts";

/** `; did you mean 'x'?` for the known name that is nearest to a misspelt one, and nothing if none is near. */
export function nearest(name: string, known: Iterable<string>): string {
  const found = nearestName(name, [...known]);
  return found === undefined ? "" : `; did you mean '${found}'?`;
}
