import { readdirSync, readFileSync } from "node:fs";
import { join, posix } from "node:path";
import { ROOT } from "../support/cluster/chart.ts";

const HIDDEN_OR_INSTALLED = /^(\.|node_modules$|dist$)/;

/** Every file below folders of the repository, as paths from its root. */
export function filesIn(...folders: readonly string[]): readonly string[] {
  return folders.flatMap((folder) =>
    readdirSync(join(ROOT, folder), { withFileTypes: true })
      .filter(({ name }) => !HIDDEN_OR_INSTALLED.test(name))
      .flatMap((entry) => {
        const path = `${folder}/${entry.name}`;
        return entry.isDirectory() ? filesIn(path) : [path];
      })
      .sort(),
  );
}

export function typescriptIn(...folders: readonly string[]): readonly string[] {
  return filesIn(...folders).filter((path) => path.endsWith(".ts"));
}

export function readSource(path: string): string {
  return readFileSync(join(ROOT, path), "utf8");
}

/** The source without its comments, as far as one can tell without parsing it. */
export function withoutComments(source: string): string {
  return source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
}

/** One import or re-export. */
export interface Import {
  /** A path from the root for files of the repository, else a package or `node:` module. */
  readonly target: string;
  /** As it is written. */
  readonly specifier: string;
  /** Nothing but types is imported: nothing of it is left at run time. */
  readonly typeOnly: boolean;
}

/** What a file imports. Every specifier is a literal and every path ends in .ts, which the compiler sees to. */
export function importsOf(path: string, source = readSource(path)): readonly Import[] {
  const code = withoutComments(source);
  const declared = code.matchAll(/^(?:import|export)\s+(type\s+)?([^;"']*?\sfrom\s+)?"([^"]+)"/gm);
  const dynamic = code.matchAll(/\bimport\(\s*"([^"]+)"\s*\)/g);
  return [
    ...[...declared].map(([, type, names = "", specifier = ""]) => ({
      target: resolve(path, specifier),
      specifier,
      typeOnly: type !== undefined || namesOnlyTypes(names),
    })),
    ...[...dynamic].map(([, specifier = ""]) => ({ target: resolve(path, specifier), specifier, typeOnly: false })),
  ];
}

function namesOnlyTypes(names: string): boolean {
  const list = /^\{([^}]*)\}/.exec(names.trim())?.[1];
  return list?.split(",").every((name) => name.trim() === "" || name.trim().startsWith("type ")) ?? false;
}

function resolve(path: string, specifier: string): string {
  if (specifier.startsWith("#api/")) return specifier.replace("#api/", "operator/api/");
  return specifier.startsWith(".") ? posix.join(posix.dirname(path), specifier) : specifier;
}
