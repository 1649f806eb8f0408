import { fetchMacroPackages, type MacroPackages } from "../../../config/macro-packages/macro-packages.ts";

/** The macro packages of dbt's adapters: `(await macroPackages()).macros` holds a folder for each. Downloaded with pip the first time. */
export function macroPackages(): Promise<MacroPackages> {
  return fetchMacroPackages({ signal: new AbortController().signal, log: () => undefined, progress: () => undefined });
}
