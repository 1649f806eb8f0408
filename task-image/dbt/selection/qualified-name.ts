import type { Exposure, ManifestNode, UnitTest } from "../manifest/node.ts";
import { hasWildcard, matchesGlob } from "./glob.ts";

/**
 * Whether a name means a node: its own name, the names of its folders with dots between them from the project or from the first
 * folder on, a beginning of these, or a pattern; a pattern without a dot fits the node's own name in any folder. A version stands behind a dot or an underscore, or is left out.
 */
export function hasName(node: ManifestNode | Exposure | UnitTest, name: string): boolean {
  const isVersioned = node.resource_type === "model" && node.version !== null;
  return isNamed(node.fqn, name, isVersioned) || isNamed(node.fqn.slice(1), name, isVersioned);
}

function isNamed(fqn: readonly string[], name: string, isVersioned: boolean): boolean {
  const wanted = name.split(".");
  if (isVersioned && (fqn.at(-2) === name || fqn.slice(-2).join("_") === wanted.slice(-2).join("_"))) return true;
  if (!isVersioned && fqn.at(-1) === name) return true;
  const parts = fqn.flatMap((part) => part.split("."));
  if (parts.length < wanted.length) return false;
  const wildcard = wanted.findIndex(hasWildcard);
  const plain = wildcard < 0 ? wanted : wanted.slice(0, wildcard);
  if (!plain.every((part, index) => parts[index] === part)) return false;
  if (wildcard < 0 || matchesGlob(parts.slice(wildcard).join("."), wanted.slice(wildcard).join("."))) return true;
  return wanted.length === 1 && matchesGlob(fqn.at(isVersioned ? -2 : -1) ?? "", name);
}
