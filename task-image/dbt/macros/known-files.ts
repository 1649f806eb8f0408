import type { MacroDefinition } from "./macro.ts";
import { readMacroFile } from "./macro-file.ts";

/** A file that may hold macros. */
export interface MacroText {
  readonly packageName: string;
  readonly path: string;
  readonly text: string;
}

/** Files that are cut into their macros once, however often they are asked for. */
export class KnownFiles {
  readonly #files = new Map<string, { readonly text: string; readonly macros: readonly MacroDefinition[] }>();

  /** @throws {TemplateError} where the file cannot be cut into blocks. */
  macrosOf({ packageName, path, text }: MacroText): readonly MacroDefinition[] {
    const place = JSON.stringify([packageName, path]);
    const known = this.#files.get(place);
    if (known?.text === text) return known.macros;
    const macros = readMacroFile(packageName, path, text);
    this.#files.set(place, { text, macros });
    return macros;
  }
}
