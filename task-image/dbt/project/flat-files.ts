import type { ProjectTree } from "./project-package.ts";

/** Folders that dbt looks into where dbt_project.yml names no others. */
const FOLDERS = ["models", "macros", "seeds", "snapshots", "tests", "analyses", "analysis", "data", "dbt_packages"];
/** Files that stand beside dbt_project.yml. */
const IN_THE_ROOT = /^(?:dbt_project|packages|dependencies|package-lock|selectors|profiles)\.ya?ml$|^\.dbtignore$/;
const PATHS_OF_SETTINGS = /^[a-z]+-paths\s*:\s*\[([^\]]*)\]/gm;

/**
 * A project whose files may be keys of a ConfigMap, which have no folders. A key with slashes is a path. Where the first word is a folder
 * of the project, dots write folders: `models.staging.stg_films.sql` is `models/staging/stg_films.sql`. A key without a folder goes where
 * its content belongs: macros alone to `macros/`, rows to `seeds/`, everything else to `models/`.
 */
export function unflattened(files: ReadonlyMap<string, string>): ProjectTree {
  const folders = new Set([...FOLDERS, ...foldersOf(files.get("dbt_project.yml") ?? "")]);
  return new Map([...files].map(([key, text]) => [pathOf(key, text, folders), text] as const));
}

function foldersOf(settings: string): string[] {
  return [...settings.matchAll(PATHS_OF_SETTINGS)].flatMap(([, listed = ""]) =>
    listed.split(",").map((each) =>
      each
        .trim()
        .replace(/^["']|["']$/g, "")
        .replace(/^\.\/|\/+$/g, ""),
    ),
  );
}

function pathOf(key: string, text: string, folders: ReadonlySet<string>): string {
  if (key.includes("/") || IN_THE_ROOT.test(key)) return key;
  const segments = key.split(".");
  const [first = ""] = segments;
  if (segments.length >= 3 && folders.has(first)) return `${segments.slice(0, -1).join("/")}.${segments.at(-1)}`;
  if (key.endsWith(".csv")) return `seeds/${key}`;
  if (key.endsWith(".sql") && holdsMacrosAlone(text)) return `macros/${key}`;
  return `models/${key}`;
}

const MACRO = /\{%-?\s*macro\b.*?\{%-?\s*endmacro\s*-?%\}/gs;
const COMMENT = /\{#.*?#\}/gs;

function holdsMacrosAlone(text: string): boolean {
  return MACRO.test(text) && text.replace(MACRO, "").replace(COMMENT, "").trim() === "";
}
