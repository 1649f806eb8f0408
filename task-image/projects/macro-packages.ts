import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { MacroText } from "../dbt/run/run-input.ts";

/** Folders of the macro packages, by the names that dbt gives their projects. */
const FOLDERS = { dbt: "global_project", dbt_postgres: "postgres" } as const;

/** The macros of dbt and of adapters, as their packages have them: in the image they lie beside the program. */
export async function readMacroPackages(directory: string, adapters: readonly "postgres"[]): Promise<MacroText[]> {
  const names = ["dbt", ...adapters.map((adapter) => `dbt_${adapter}` as const)] as const;
  const found = await Promise.all(names.map((name) => readPackage(name, join(directory, FOLDERS[name]))));
  return found.flat();
}

async function readPackage(packageName: string, folder: string): Promise<MacroText[]> {
  const paths = (await readdir(folder, { recursive: true })).filter((path) => path.endsWith(".sql")).sort();
  return await Promise.all(
    paths.map(async (path) => ({
      packageName,
      path: `${packageName}/${path}`,
      text: await readFile(join(folder, path), "utf8"),
    })),
  );
}
