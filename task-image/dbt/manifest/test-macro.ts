import { nearest } from "../../jinja/suggestion.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import type { MacroLibrary } from "../macros/macro-library.ts";

/** How properties name a generic test. */
export interface TestName {
  readonly name: string;
  readonly namespace: string | null;
}

/** The macro of a test: of the package that its name says, or as a bare name of the node's package means, or of any package. */
export function findTestMacro(
  { name, namespace }: TestName,
  packageName: string,
  library: MacroLibrary,
): MacroDefinition | undefined {
  const macro = `test_${name}`;
  if (namespace !== null) return library.findIn(namespace, macro);
  return library.find(macro, packageName) ?? [...library.macros.values()].find((each) => each.name === macro);
}

/** Why there is no macro for a test. */
export function missingTest({ name, namespace }: TestName, library: MacroLibrary): string {
  if (namespace !== null && !library.isPackage(namespace)) {
    return `test '${namespace}.${name}': there is no package '${namespace}', install it`;
  }
  const known = [...library.macros.values()].flatMap((each) =>
    each.kind === "test" ? [each.name.slice("test_".length)] : [],
  );
  return `there is no test '${name}'${nearest(name, new Set(known))}`;
}
