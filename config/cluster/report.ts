/** What a piece of work tells while it runs: to the user in a few words, to its log in full. */
export interface Report {
  /** Ends the work early: programs it started are stopped. */
  readonly signal: AbortSignal;
  /** A few words in place of the last ones, such as `312 of 1,954 packages`. */
  progress(words: string): void;
  /** A line for the log. */
  log(line: string): void;
}
