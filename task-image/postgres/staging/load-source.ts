import type { TableName } from "../../sql/identifier.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import type { Session } from "../session.ts";

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
