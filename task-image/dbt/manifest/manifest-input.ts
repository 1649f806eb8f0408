import type { Problem } from "../../jinja/problem.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import type { MacroLibrary } from "../macros/macro-library.ts";
import type { DataMap } from "../project/data.ts";
import type { ProjectPackage, ProjectTree } from "../project/project-package.ts";
import type { DraftTarget } from "./collect-drafts.ts";
import type { Draft } from "./draft.ts";
import type { ExposureDraft } from "./exposures.ts";
import type { GenericTest } from "./generic-tests.ts";
import type { Group, Manifest, UnitTest } from "./node.ts";
import type { ParseHost } from "./parse-host.ts";
import type { Properties } from "./properties.ts";
import type { SourceTable } from "./sources.ts";

/** What a project is read from. */
export interface ManifestInput {
  readonly tree: ProjectTree;
  /** Macros of dbt and of the adapter, of the packages `dbt`, `dbt_postgres` and so on. */
  readonly dbtMacros: readonly MacroDefinition[];
  readonly host: ParseHost;
  readonly environment: ReadonlyMap<string, string>;
  /** Variables of the node, which win over those of dbt_project.yml. */
  readonly vars: DataMap;
  readonly target: DraftTarget;
}

/** A project that has been read. With problems nothing of it may run. */
export interface ReadProject {
  readonly manifest: Manifest;
  readonly library: MacroLibrary;
  /** The project that runs, then its packages. */
  readonly packages: readonly ProjectPackage[];
  readonly problems: readonly Problem[];
  /** What dbt only warns of: tests of what is not there. */
  readonly warnings: readonly Problem[];
}

/** What has been read before references are followed. */
export interface UnlinkedProject {
  readonly packages: readonly ProjectPackage[];
  readonly library: MacroLibrary;
  readonly drafts: readonly Draft[];
  /** Nodes that are a problem themselves: what reads them is not one for that. */
  readonly broken: readonly Draft[];
  readonly tests: readonly GenericTest[];
  readonly sources: readonly SourceTable[];
  readonly exposures: readonly ExposureDraft[];
  readonly groups: readonly Group[];
  readonly unitTests: readonly UnitTest[];
  readonly properties: readonly Properties[];
}
