import type { Position } from "../../jinja/position.ts";
import type { Macro } from "../../jinja/reading/syntax-tree.ts";

export type MacroKind = "macro" | "test" | "materialization";

/** A macro as it stands in its file. */
export interface MacroDefinition {
  /** `macro.<package>.<name>`. */
  readonly uniqueId: string;
  readonly packageName: string;
  /** `test_unique` for the generic test `unique`, `materialization_table_default` for the materialization `table`. */
  readonly name: string;
  readonly kind: MacroKind;
  /** Where its tag begins. */
  readonly at: Position;
  /** From the tag that opens it to the one that ends it. */
  readonly text: string;
  /**
   * Its tree, read at the first call.
   *
   * @throws {TemplateError} where the macro cannot be read.
   */
  statement(): Macro;
}
