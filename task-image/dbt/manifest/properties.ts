import type { Position } from "../../jinja/position.ts";
import { collectProblem, type Problem, ProblemError } from "../../jinja/problem.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import type { ProjectFile, ProjectPackage } from "../project/project-package.ts";
import { renderYaml } from "../project/rendered-yaml.ts";
import { type DataPath, readYaml, type YamlDocument } from "../project/yaml-document.ts";

export const SECTIONS = [
  "models",
  "seeds",
  "snapshots",
  "sources",
  "analyses",
  "macros",
  "data_tests",
  "unit_tests",
  "exposures",
  "groups",
] as const;
export type Section = (typeof SECTIONS)[number];

/** What a properties file says of one thing. */
export interface Properties {
  readonly section: Section;
  readonly name: string;
  /** With its templates rendered, but for descriptions, tests and hooks. Settings that may stand outside of `config` are in it. */
  readonly data: DataMap;
  /** `config` as it was written. */
  readonly unrenderedConfig: DataMap;
  /** All of it as it was written. */
  readonly written: DataMap;
  readonly file: ProjectFile;
  readonly owner: ProjectPackage;
  /** Where something below it stands. */
  position(path?: DataPath): Position;
}

/** Settings that may stand beside `config`. */
const OUTSIDE_OF_CONFIG = ["meta", "docs", "group", "contract", "access"];
const RENDERED_LATER = new Set(["description", "tests", "data_tests", "loaded_at_query"]);
const HOOKS = new Set(["pre_hook", "post_hook", "pre-hook", "post-hook"]);

/** Everything that the properties files of a package say. */
export function readProperties(owner: ProjectPackage, scope: Scope, problems: Problem[]): Properties[] {
  const folders = ["models", "seeds", "snapshots", "analyses", "macros", "tests"] as const;
  return owner
    .files(folders, [".yml", ".yaml"])
    .flatMap((file) => collectProblem(problems, () => readFile(file, owner, scope, problems)) ?? []);
}

function readFile(file: ProjectFile, owner: ProjectPackage, scope: Scope, problems: Problem[]): Properties[] {
  const document = readYaml(file.fullPath, file.text);
  const { value } = document;
  if (value === null) return [];
  if (!isMap(value)) throw new ProblemError("expected keys such as 'models' and 'sources'", document.position([]));
  checkVersion(value, document);
  const lists = SECTIONS.map((section) => [section, own(value, section) ?? null] as const);
  if (own(value, "data_tests") === undefined) lists.push(["data_tests", own(value, "tests") ?? null]);
  return lists.flatMap(([section, list]) => {
    const key = section === "data_tests" && !Object.hasOwn(value, section) ? "tests" : section;
    if (list === null) return [];
    if (!Array.isArray(list)) throw new ProblemError(`${key}: expected a list`, document.position([key]));
    return list.flatMap(
      (item: Data, index) =>
        collectProblem(problems, () => readItem(section, item, { document, path: [key, index], file, owner, scope })) ??
        [],
    );
  });
}

/** Other keys than those of {@link SECTIONS} are left alone, as in dbt: parts of dbt that make nothing in a warehouse, and anchors. */
function checkVersion(value: DataMap, document: YamlDocument): void {
  const version = own(value, "version") ?? 2n;
  if (Number(version) !== 2) {
    throw new ProblemError(`version: expected 2, found ${String(version)}`, document.position(["version"]));
  }
}

interface ItemPlace {
  readonly document: YamlDocument;
  readonly path: DataPath;
  readonly file: ProjectFile;
  readonly owner: ProjectPackage;
  readonly scope: Scope;
}

function readItem(section: Section, item: Data, { document, path, file, owner, scope }: ItemPlace): Properties {
  const position = (below: DataPath = []) => document.position([...path, ...below]);
  if (!isMap(item)) throw new ProblemError(`${section}: expected an entry with a name`, position());
  const isRendered = (full: DataPath) => isRenderedNow(section, full.slice(path.length));
  const rendered = renderYaml(item, path, { document, scope, isRendered }) as DataMap;
  const name = own(rendered, "name");
  if (typeof name !== "string" || name === "")
    throw new ProblemError(`${section}: expected an entry with a name`, position());
  const config = own(item, "config");
  return {
    section,
    name,
    data: section === "macros" || section === "sources" ? rendered : gathered(rendered, position),
    unrenderedConfig: isMap(config) ? config : {},
    written: item,
    file,
    owner,
    position,
  };
}

/** Descriptions wait for the docs blocks, tests and hooks for the time when they run. */
function isRenderedNow(section: Section, path: DataPath): boolean {
  if (section === "sources" && path[0] === "tables") return isRenderedNow("models", path.slice(2));
  if (section === "macros" && path[0] === "arguments") return isRenderedNow("models", path.slice(2));
  const [first, second, third] = path;
  if (first === "config") return !HOOKS.has(String(second)) && second !== "loaded_at_query";
  if (RENDERED_LATER.has(String(first))) return false;
  if (first === "versions") return !path.slice(2).some((key) => RENDERED_LATER.has(String(key)));
  return first !== "columns" || !RENDERED_LATER.has(String(third));
}

/** Settings that stand outside of `config` as if they stood in it. */
function gathered(data: DataMap, position: (path: DataPath) => Position): DataMap {
  const written = own(data, "config") ?? {};
  if (!isMap(written)) throw new ProblemError("config: expected keys and values", position(["config"]));
  const config: Record<string, Data> = { ...written };
  for (const key of OUTSIDE_OF_CONFIG) {
    const value = own(data, key);
    if (value === undefined) continue;
    if (Object.hasOwn(written, key)) {
      throw new ProblemError(`'${key}' stands beside 'config' and in it: remove the one beside it`, position([key]));
    }
    config[key] = value;
  }
  return { ...data, config };
}

/** A list of maps below some properties, such as columns. */
export function entriesOf(properties: Properties, data: DataMap, path: DataPath, key: string): readonly DataMap[] {
  const list = own(data, key) ?? [];
  if (!Array.isArray(list)) throw new ProblemError(`${key}: expected a list`, properties.position([...path, key]));
  return list.map((entry: Data, index) => {
    if (isMap(entry)) return entry;
    throw new ProblemError(`${key}: expected keys and values`, properties.position([...path, key, index]));
  });
}

/** A text below some properties; `fallback` where there is none. */
export function textOf(data: DataMap, key: string, fallback: string): string {
  const found = own(data, key) ?? null;
  return found === null ? fallback : String(found);
}
