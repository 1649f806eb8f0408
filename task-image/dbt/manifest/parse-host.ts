import type { Source } from "../../jinja/running/scope.ts";
import type { Value } from "../../jinja/values/value.ts";
import type { MacroNamespace } from "../macros/macro-namespace.ts";
import type { DataMap } from "../project/data.ts";

/** A relation's place, and which parts of its name are quoted where that is not what the adapter does anyway. */
export interface RelationPlace {
  readonly database: string;
  readonly schema: string;
  readonly identifier: string;
  readonly quoting: DataMap;
}

/** What reading a project needs of the adapter and of the context in which macros run. Nothing of it sends SQL. */
export interface ParseHost {
  /** `postgres`, then what it builds upon. */
  readonly adapterTypes: readonly string[];
  /** Names that templates see everywhere, beside those that reading makes itself: `modules`, `exceptions`, `log`, `target`, … */
  readonly shared: Source;
  /** `adapter`: methods that would send SQL answer as if there was nothing. */
  adapter(namespace: MacroNamespace): Value;
  /** A Relation; printing it gives its name as SQL writes it. */
  relation(parts: RelationPlace): Value;
  /** dbt's RuntimeConfig over facts of the projects. */
  runtimeConfig(facts: DataMap): Value;
  /** `--store-failures`: all tests keep what they find. */
  readonly storesFailures: boolean;
  /** A name in quotes. */
  quote(name: string): string;
}
