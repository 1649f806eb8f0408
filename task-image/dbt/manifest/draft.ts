import { createHash } from "node:crypto";
import { type Position, positionAfter } from "../../jinja/position.ts";
import { startOf } from "../../jinja/problem.ts";
import type { DataMap } from "../project/data.ts";
import type { ProjectFile, ProjectPackage } from "../project/project-package.ts";
import type { ConfigSection } from "../project/project-settings.ts";
import type { ConfigKind } from "./config-fields.ts";
import type { ManifestNode, ParsedNode, RefArgs } from "./node.ts";
import type { Properties } from "./properties.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
export type DraftType = ManifestNode["resource_type"];

/** A call of ref() or source(), and where it stands. */
export interface Reference<T> {
  readonly to: T;
  readonly at: Position;
}

/** A node before its template is rendered. */
export interface DraftStart {
  readonly type: DraftType;
  readonly owner: ProjectPackage;
  readonly file: ProjectFile;
  readonly name: string;
  /** `path` of the node, where it is not the file's. */
  readonly path?: string;
  readonly fqn: readonly string[];
  readonly rawCode: string;
  /** Where `rawCode` begins. */
  readonly at: Position;
  readonly uniqueId?: string;
  /** Settings of the node's own kind. */
  readonly extra?: DataMap;
}

/** A node while a project is read: rendering its template and describing it fill it step by step. */
export class Draft {
  readonly type: DraftType;
  readonly owner: ProjectPackage;
  readonly file: ProjectFile;
  readonly at: Position;
  readonly fields: Mutable<Omit<ParsedNode, "resource_type">>;
  readonly refs: Reference<RefArgs>[] = [];
  readonly sources: Reference<readonly [string, string]>[] = [];
  readonly macros = new Set<string>();
  /** Keys that only nodes of its type have. */
  extra: DataMap;
  properties: Properties | undefined;
  /** Settings of its properties, those of a version included. */
  propertiesConfig: DataMap = {};
  unrenderedPropertiesConfig: DataMap = {};
  /** What its config() calls were given, merged. */
  call: DataMap = {};

  constructor(start: DraftStart, target: { readonly database: string; readonly schema: string; readonly now: number }) {
    const { type, owner, file, name, fqn, rawCode, at } = start;
    this.type = type;
    this.owner = owner;
    this.file = file;
    this.at = at;
    this.extra = start.extra ?? {};
    this.fields = {
      ...EMPTY,
      unique_id: start.uniqueId ?? `${type}.${owner.settings.name}.${name}`,
      name,
      package_name: owner.settings.name,
      path: start.path ?? file.path,
      original_file_path: file.originalPath,
      fqn,
      alias: name,
      database: target.database,
      schema: target.schema,
      checksum: checksumOf(rawCode),
      raw_code: rawCode,
      created_at: target.now,
    };
  }

  get id(): string {
    return this.fields.unique_id;
  }

  get isEnabled(): boolean {
    return this.fields.config.enabled !== false;
  }

  get kind(): ConfigKind {
    return this.type === "operation" || this.type === "analysis" ? "other" : this.type;
  }

  /** Where dbt_project.yml configures nodes of its type. */
  get section(): ConfigSection {
    if (this.type === "test") return "data_tests";
    return this.type === "seed" || this.type === "snapshot" ? `${this.type}s` : "models";
  }

  /** The node as it goes into the manifest. */
  finish(nodes: readonly string[]): ManifestNode {
    const { fields, refs, sources, macros, extra } = this;
    return {
      ...fields,
      resource_type: this.type,
      refs: refs.map(({ to }) => to),
      sources: sources.map(({ to }) => to),
      depends_on: { macros: [...macros], nodes },
      ...extra,
    } as unknown as ManifestNode;
  }
}

const EMPTY = {
  config: {},
  unrendered_config: {},
  tags: [],
  meta: {},
  description: "",
  doc_blocks: [],
  columns: {},
  group: null,
  docs: { show: true, node_color: null },
  patch_path: null,
  build_path: null,
  relation_name: null,
  language: "sql",
  refs: [],
  sources: [],
  metrics: [],
  functions: [],
  depends_on: { macros: [], nodes: [] },
  compiled_path: null,
  contract: { enforced: false, alias_types: true, checksum: null },
} as const;

export function checksumOf(text: string): { readonly name: string; readonly checksum: string } {
  return { name: "sha256", checksum: createHash("sha256").update(text).digest("hex") };
}

/** A file's text without white space around it, and where it begins: dbt keeps templates like that. */
export function trimmedText({ text, fullPath }: ProjectFile): { readonly rawCode: string; readonly at: Position } {
  const unified = text.replace(/\r\n?/g, "\n");
  const before = unified.slice(0, unified.length - unified.trimStart().length);
  return { rawCode: unified.trim(), at: positionAfter(startOf(fullPath), before) };
}

/** The project, the folders of a path without an ending, and a name. */
export function fqnOf(packageName: string, path: string, ...names: readonly string[]): string[] {
  return [packageName, ...path.split("/").slice(0, -1), ...names];
}

/** Text without the ending of a file. */
export function withoutEnding(path: string): string {
  return path.replace(/\.[^./]*$/, "");
}

/** The last part of a path, without its ending. */
export function baseName(path: string): string {
  return withoutEnding(path.replace(/^.*\//, ""));
}
