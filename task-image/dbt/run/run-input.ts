import type { PathPolicy } from "../adapter/relation-path.ts";
import type { AdapterType } from "../adapter/warehouse.ts";
import type { BridgeEnd } from "../bridge/messages.ts";
import type { MacroText } from "../macros/known-files.ts";
import type { Manifest, ManifestNode } from "../manifest/node.ts";
import type { DataMap } from "../project/data.ts";
import type { QueryCommentSetting } from "../project/query-comment.ts";
import type { Catalog } from "./catalog.ts";
import type { NodeResult } from "./node-result.ts";
import type { Doing } from "./verbs.ts";

/** All that the threads of a run share. Plain data: it is copied into each thread. */
export interface RunInput {
  readonly manifest: Manifest;
  readonly macroFiles: readonly MacroText[];
  /** `dispatch` of the root project, by namespace. */
  readonly searchOrders: ReadonlyMap<string, readonly string[]>;
  readonly warehouse: AdapterType;
  readonly database: string;
  /** The root project's `quoting`. */
  readonly quoting: PathPolicy;
  /** What dbt's RuntimeConfig says of the projects. */
  readonly facts: DataMap;
  readonly target: DataMap;
  readonly queryComment: QueryCommentSetting;
  /** `FULL_REFRESH`, `STORE_FAILURES`, `WHICH`, …. */
  readonly flags: DataMap;
  readonly environment: ReadonlyMap<string, string>;
  /** Variables by the package whose templates see them. */
  readonly variables: ReadonlyMap<string, DataMap>;
  readonly isEmpty: boolean;
  /** The root project's flag `require_batched_execution_for_custom_microbatch_strategy`. */
  readonly batchesOwnStrategy: boolean;
  readonly invocationId: string;
  /** Microseconds of UTC since 1970. */
  readonly startedAt: bigint;
  /** Ids of the nodes of this run. */
  readonly selected: readonly string[];
  readonly does: Doing;
  /** Whether hooks of on-run-start and on-run-end run. */
  readonly runsHooks: boolean;
}

/** What a thread is asked to do. Nothing is answered to the first two. */
export type Command =
  /** Cuts files of macros before they are needed. */
  | { readonly do: "know"; readonly macroFiles: readonly MacroText[] }
  /** Makes ready for the nodes of a run. It comes once. */
  | { readonly do: "begin"; readonly input: RunInput; readonly end: BridgeEnd }
  /** Makes schemas and lists relations; one thread does it for all. */
  | { readonly do: "prepare" }
  /** Asks the database what is there of nodes and sources. */
  | { readonly do: "catalog"; readonly ids: readonly string[] }
  | { readonly do: "run"; readonly id: ManifestNode["unique_id"]; readonly given: Given };

/** What a node is run with beside the project. */
export interface Given {
  /** The text of a seed's file. */
  readonly seedText?: string | undefined;
  /** For hooks of on-run-end: what became of the nodes before them. */
  readonly results?: readonly NodeResult[];
}

/** What a thread has done. */
export type Done =
  | { readonly did: "prepare"; readonly problem: string | undefined }
  | { readonly did: "catalog"; readonly catalog: Catalog }
  | { readonly did: "run"; readonly result: NodeResult };
