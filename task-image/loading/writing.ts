import type { RowRange } from "./row-range.ts";
import type { ContractFields } from "./schema-contract.ts";

export type LoadMode = "replace" | "truncate" | "append" | "merge" | "deleteInsert";

/** How a node's rows are written: the fields of its manifest. */
export interface Writing extends ContractFields {
  readonly mode: LoadMode;
  /** The columns that rows are matched by, in the modes merge and deleteInsert. */
  readonly key?: readonly string[] | undefined;
  /** What deleteInsert replaces, in place of the rows of a key. */
  readonly range?: RowRange | undefined;
}

/** How staged rows became the target's rows; each warehouse says in its publication which of these it has, and when. */
export type Published =
  | "created"
  | "swapped"
  | "refilled"
  | "truncated"
  | "appended"
  | "merged"
  | "deleteInserted"
  | "discarded";

/** Whether rows take the place of some of the target's. */
export function isReplacing({ mode }: Writing): boolean {
  return mode === "merge" || mode === "deleteInsert";
}

/** Whether rows are matched by a key. */
export function isKeyed(writing: Writing): boolean {
  return isReplacing(writing) && writing.range === undefined;
}

/** Whether a load takes the rows away that were in the target: the objects that they came from are forgotten then. */
export function takesRowsAway({ mode }: Writing): boolean {
  return mode === "replace" || mode === "truncate";
}
