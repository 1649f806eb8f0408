import { ConfigurationError } from "../errors.ts";
import { showTable, type TableName } from "../postgres/identifier.ts";
import type { Session } from "../postgres/session.ts";
import type { StagedTable } from "../postgres/staged-table.ts";
import { isStateTable } from "../postgres/state-tables.ts";

/** A road that rows take to the destination: what is special about where they come from. */
export interface LoadSource {
  /** Every table that is going to be written, known before anything is read, so that a load that is done reads nothing. */
  readonly targets: readonly TableName[];
  /**
   * Brings the rows into staging tables, inside the transaction that the destination is in; what else it writes there is
   * committed with them. What it opened at the source is closed when it resolves: publishing needs nothing of it.
   */
  stage(destination: Session): Promise<readonly StagedTable[]>;
}

/** Throws a ConfigurationError when two sources would go to one table, or one to a table of kelt's own. `field` is theirs. */
export function refuseTakenTargets(
  field: string,
  pairs: readonly { readonly source: string; readonly target: TableName }[],
): void {
  const sources = new Map<string, string>();
  for (const { source, target } of pairs) {
    const rival = sources.get(target.table);
    if (rival !== undefined || isStateTable(target.table)) {
      const what = rival === undefined ? "kelt's own table" : `the target of ${rival} too`;
      throw new ConfigurationError(
        "TargetTaken",
        `${field}: ${source} would go to ${showTable(target)}, which is ${what}. Load it by another node into another schema`,
      );
    }
    sources.set(target.table, source);
  }
}
