import type { Position } from "../jinja/position.ts";
import type { Template } from "../jinja/reading/syntax-tree.ts";
import type { Rendering } from "../jinja/running/rendering.ts";
import type { TableName } from "../sql/identifier.ts";
import type { Materialization, ModelConfig, Settings } from "./model-config.ts";

/** A model as it stands in its file. */
export interface ModelSource {
  readonly name: string;
  readonly path: string;
  readonly template: Template;
  /** Project, folders and name: where dbt_project.yml configures it. */
  readonly fullName: readonly string[];
}

/** A model that has been rendered once: what it is configured to be, and what it reads. */
export interface DiscoveredModel extends ModelSource {
  readonly settings: Settings;
  readonly config: ModelConfig;
  /** Models it refers to, and where it does so first. */
  readonly refs: ReadonlyMap<string, Position>;
  readonly relation: TableName;
}

/** A model ready to be built. */
export interface CompiledModel {
  readonly name: string;
  readonly path: string;
  readonly relation: TableName;
  readonly materialized: Materialization;
  /** One SELECT, without anything behind it. */
  readonly sql: Rendering;
  /** Models of the project that it reads. */
  readonly needs: ReadonlySet<string>;
  /** What its template said by `log()`, `print()` and `exceptions.warn()`. */
  readonly messages: readonly string[];
}
