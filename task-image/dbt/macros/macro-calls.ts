import type { MacroDefinition } from "./macro.ts";
import type { MacroLibrary } from "./macro-library.ts";

const CALL = /\b([A-Za-z_]\w*)(?:\.([A-Za-z_]\w*))?\s*\(/g;
const DISPATCH = /\bdispatch\(\s*['"](\w+)['"](?:\s*,\s*(?:macro_namespace\s*=\s*)?['"](\w+)['"])?/g;

/** Unique ids of macros, and of all that they call, and so on. */
export function reachableMacros(from: readonly MacroDefinition[], library: MacroLibrary): ReadonlySet<string> {
  const found = new Set(from.map(({ uniqueId }) => uniqueId));
  for (const id of found) {
    const macro = library.macros.get(id);
    for (const called of macro === undefined ? [] : calledMacros(macro, library)) found.add(called);
  }
  return found;
}

/**
 * Unique ids of the macros that a macro's text calls, as far as the text alone tells: names with an argument list behind them, and
 * what dispatch finds. A name in a comment counts too.
 */
export function calledMacros({ uniqueId, packageName, text }: MacroDefinition, library: MacroLibrary): string[] {
  const found = new Set<string>();
  for (const [, first = "", second] of text.matchAll(CALL)) {
    const macro = second === undefined ? library.find(first, packageName) : library.findIn(first, second);
    if (macro !== undefined) found.add(macro.uniqueId);
  }
  for (const [, name = "", namespace] of text.matchAll(DISPATCH)) {
    const macro = library.findDispatched(name, namespace, packageName);
    if (macro !== undefined) found.add(macro.uniqueId);
  }
  found.delete(uniqueId);
  return [...found];
}
