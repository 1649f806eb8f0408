import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { MacroText } from "../dbt/macros/known-files.ts";

/** Folders of the macro packages, by the names that dbt gives their projects. */
const FOLDERS = { dbt: "global_project", dbt_postgres: "postgres", dbt_redshift: "redshift" } as const;

/**
 * The macros of dbt and of adapters, as their packages have them: in the image they lie beside the program. They are some hundred small
 * files, which are read in a few milliseconds; Node.js' asynchronous way takes ten times as long.
 */
export function readMacroPackages(directory: string, adapters: readonly ("postgres" | "redshift")[]): MacroText[] {
  const names = ["dbt", ...adapters.map((adapter) => `dbt_${adapter}` as const)] as const;
  return names.flatMap((name) => readPackage(name, join(directory, FOLDERS[name])));
}

function readPackage(packageName: string, folder: string): MacroText[] {
  const paths = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".sql"));
  return paths.sort().map((path) => ({
    packageName,
    path: `${packageName}/${path}`,
    text: readFileSync(join(folder, path), "utf8"),
  }));
}
