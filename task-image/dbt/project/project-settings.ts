import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { type Data, type DataMap, isMap, own } from "./data.ts";
import { renderYaml } from "./rendered-yaml.ts";
import { type DataPath, readYaml, type YamlDocument } from "./yaml-document.ts";

export const SETTINGS_FILE = "dbt_project.yml";

/** What a project keeps in folders of its own. */
export type FolderKind = "models" | "seeds" | "snapshots" | "tests" | "analyses" | "macros" | "docs";

/** Sections that configure nodes by their folders. */
export const CONFIG_SECTIONS = [
  "models",
  "seeds",
  "snapshots",
  "sources",
  "data_tests",
  "unit_tests",
  "exposures",
] as const;
export type ConfigSection = (typeof CONFIG_SECTIONS)[number];

/** dbt_project.yml. */
export interface ProjectSettings {
  readonly name: string;
  /** As it is written; null where it is not. */
  readonly version: Data;
  readonly folders: Readonly<Record<FolderKind, readonly string[]>>;
  /** Where packages are installed: `dbt_packages`. */
  readonly packagesFolder: string;
  /** Where dbt writes artifacts: `target`. */
  readonly targetFolder: string;
  /** At the top, and by package below its name. Templates in them are rendered at each use. */
  readonly vars: DataMap;
  readonly quoting: DataMap;
  /** Where macros of a namespace are looked for. */
  readonly searchOrders: ReadonlyMap<string, readonly string[]>;
  readonly onRunStart: readonly string[];
  readonly onRunEnd: readonly string[];
  readonly queryComment: Data | undefined;
  readonly configs: Readonly<Record<ConfigSection, DataMap>>;
  /** The same before their templates were rendered. */
  readonly unrenderedConfigs: Readonly<Record<ConfigSection, DataMap>>;
  readonly flags: DataMap;
  /** `require-dbt-version`: bounds such as `>=1.3.0`, as they are written. */
  readonly requiresDbt: readonly string[];
  /** `restrict-access`: private and protected models cannot be reached from other projects. */
  readonly restrictsAccess: boolean;
  position(path: DataPath): Position;
}

interface PathKey {
  readonly kind: FolderKind;
  readonly keys: readonly [string, ...string[]];
  readonly fallback: string;
}

/** Each key of paths with its name of old. */
const PATH_KEYS: readonly PathKey[] = [
  { kind: "models", keys: ["model-paths", "source-paths"], fallback: "models" },
  { kind: "seeds", keys: ["seed-paths", "data-paths"], fallback: "seeds" },
  { kind: "snapshots", keys: ["snapshot-paths"], fallback: "snapshots" },
  { kind: "tests", keys: ["test-paths"], fallback: "tests" },
  { kind: "analyses", keys: ["analysis-paths"], fallback: "analyses" },
  { kind: "macros", keys: ["macro-paths"], fallback: "macros" },
];

/** Text of these sections is rendered when it is used. */
const RENDERED_LATER = new Set(["on-run-start", "on-run-end", "query-comment", "vars"]);
const HOOKS = new Set(["pre-hook", "post-hook", "pre_hook", "post_hook"]);

/**
 * Reads dbt_project.yml. `file` is its path, `scope` what its templates see.
 *
 * @throws {ProblemError} for what cannot be read, with its place.
 */
export function readProjectSettings(file: string, text: string, scope: Scope): ProjectSettings {
  return new SettingsReader(readYaml(file, text), scope).read();
}

class SettingsReader {
  readonly #document: YamlDocument;
  readonly #scope: Scope;
  readonly #written: DataMap;
  readonly #rendered: DataMap;

  constructor(document: YamlDocument, scope: Scope) {
    this.#document = document;
    this.#scope = scope;
    this.#written = this.#map(document.value, []);
    this.#rendered = this.#render(this.#written);
  }

  read(): ProjectSettings {
    const document = this.#document;
    return {
      name: this.#name(),
      version: own(this.#rendered, "version") ?? null,
      folders: this.#folders(),
      packagesFolder: normalPath(String(own(this.#rendered, "packages-install-path") ?? "dbt_packages")),
      targetFolder: normalPath(String(own(this.#rendered, "target-path") ?? "target")),
      vars: this.#section("vars"),
      quoting: this.#section("quoting"),
      searchOrders: this.#searchOrders(),
      onRunStart: this.#texts("on-run-start"),
      onRunEnd: this.#texts("on-run-end"),
      queryComment: own(this.#rendered, "query-comment"),
      configs: this.#configs(this.#rendered),
      unrenderedConfigs: this.#configs(this.#written),
      flags: this.#section("flags"),
      requiresDbt: this.#texts("require-dbt-version").flatMap((text) => text.split(",").map((bound) => bound.trim())),
      restrictsAccess: own(this.#rendered, "restrict-access") === true,
      position: (path) => document.position(path),
    };
  }

  #render(written: DataMap): DataMap {
    const isRendered = (path: DataPath) => {
      const [first] = path;
      if (typeof first !== "string" || RENDERED_LATER.has(first)) return false;
      return !path.some((part) => typeof part === "string" && HOOKS.has(part.replace(/^[+ ]+/, "")));
    };
    const rendered = renderYaml(written, [], { document: this.#document, scope: this.#scope, isRendered });
    return this.#map(rendered, []);
  }

  #name(): string {
    const name = own(this.#rendered, "name");
    if (typeof name === "string" && /^[^\d\W]\w*$/.test(name)) return name;
    const found = name === undefined ? "nothing" : JSON.stringify(String(name));
    return this.#fail(
      ["name"],
      `name: expected letters, digits and underscores, and no digit at its begin; found ${found}`,
    );
  }

  #folders(): ProjectSettings["folders"] {
    const folders = Object.fromEntries(PATH_KEYS.map((key) => [key.kind, this.#paths(key)])) as Record<
      FolderKind,
      string[]
    >;
    const everywhere = new Set(PATH_KEYS.flatMap(({ kind }) => folders[kind]));
    const docs = this.#paths({ kind: "docs", keys: ["docs-paths"], fallback: "" });
    return { ...folders, docs: own(this.#rendered, "docs-paths") === undefined ? [...everywhere] : docs };
  }

  #paths({ keys, fallback }: PathKey): string[] {
    const written = keys.filter((key) => own(this.#rendered, key) !== undefined);
    const [key, other] = written;
    if (key === undefined) return [fallback];
    if (other !== undefined) this.#fail([other], `'${other}' is the old name of '${key}': remove one of them`);
    return [...new Set(this.#texts(key).map(normalPath))];
  }

  #searchOrders(): Map<string, readonly string[]> {
    const entries = own(this.#rendered, "dispatch") ?? [];
    if (!Array.isArray(entries)) return this.#fail(["dispatch"], "dispatch: expected a list");
    return new Map(
      entries.map((entry: Data, index) => {
        const { macro_namespace: namespace, search_order: order } = this.#map(entry, ["dispatch", index]);
        if (typeof namespace === "string" && Array.isArray(order)) return [namespace, order.map(String)];
        return this.#fail(["dispatch", index], "dispatch: expected 'macro_namespace' and a list 'search_order'");
      }),
    );
  }

  #configs(from: DataMap): Record<ConfigSection, DataMap> {
    const written = (section: ConfigSection) => {
      const old = section === "data_tests" ? own(from, "tests") : undefined;
      const found = own(from, section);
      if (old !== undefined && found !== undefined)
        this.#fail(["tests"], "'tests' is the old name of 'data_tests': remove one");
      return this.#map(found ?? old ?? null, [old === undefined ? section : "tests"]);
    };
    return Object.fromEntries(CONFIG_SECTIONS.map((each) => [each, written(each)])) as Record<ConfigSection, DataMap>;
  }

  #section(key: string): DataMap {
    return this.#map(own(this.#rendered, key) ?? null, [key]);
  }

  #texts(key: string): string[] {
    const value = own(this.#rendered, key) ?? [];
    const list: readonly Data[] = Array.isArray(value) ? value : [value];
    return list.map((item, index) =>
      typeof item === "string" ? item : this.#fail([key, index], `${key}: expected text or a list of texts`),
    );
  }

  #map(value: Data, path: DataPath): DataMap {
    if (value === null) return {};
    return isMap(value) ? value : this.#fail(path, `${path.join(".") || "the file"}: expected keys and values`);
  }

  #fail(path: DataPath, message: string): never {
    throw new ProblemError(message, this.#document.position(path));
  }
}

/** `./models/` is `models`; `.` is the project's own folder, and empty. */
export function normalPath(path: string): string {
  return path
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}

/** dbt_project.yml is there, or what stands there instead. */
export function missingSettings(files: Iterable<string>): string {
  return `there is no ${SETTINGS_FILE} in the project's folder${nearest(
    SETTINGS_FILE,
    [...files].filter((path) => !path.includes("/")),
  )}`;
}
