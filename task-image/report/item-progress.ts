import type { ReportItem } from "#api/report.ts";

/** What an item has got done. */
export type Measured = Pick<ReportItem, "rows" | "bytes">;
/** What an item came to. Hidden texts of the message do not leave the process. */
export type ItemEnd = Measured & Pick<ReportItem, "failures" | "message">;
export type EndState = Exclude<ReportItem["state"], "Pending" | "Running">;

/**
 * One thing inside the node: a table, a file, a model, a check.
 *
 * | state             | what is true                                                                      |
 * |-------------------|-----------------------------------------------------------------------------------|
 * | Pending           | it is known, and nothing of it is done                                            |
 * | Running           | it is worked on, or is staged and waits for the COMMIT that it shares with others |
 * | Succeeded, Warned | its work is done and committed; Warned: a check of severity warn failed           |
 * | Failed            | its work is not done, and this attempt does not do it                             |
 * | Skipped           | there was nothing to do, or what it needs has failed                              |
 *
 * When the command succeeds, its Running items succeed and its Pending ones are skipped. When it fails, the item that is worked on fails and
 * the others are skipped. So a verb that commits all of its items at once says no end of any.
 */
export interface ItemProgress {
  /** It is worked on now. May be called for every chunk. */
  running(measured?: Measured): void;
  /** Its own work is done; what is left is the COMMIT of all. */
  staged(measured?: Measured): void;
  ended(state: EndState, end?: ItemEnd): void;
}

/** Where commands say how far they are: the one way to the log's lines of progress, to the operator, and to what outlives the task. */
export interface ProgressReporter {
  /** Names items of the node in the order of their work, as soon as they are known: readers see what is to come. Known ones stay as they are. */
  items(kind: ReportItem["kind"], names: readonly string[]): readonly ItemProgress[];
}
