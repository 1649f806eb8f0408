/** Whose report it is. */
export interface Keeper {
  readonly runUid: string;
  readonly run: string;
  readonly pipeline: string;
  readonly node: string;
  readonly attempt: number;
  /** Of a fan-out, from 0; -1 where the attempt is one pod. */
  readonly part: number;
}

/** Where the reports of a node outlive its pods. Errors are those of the system that it is in. */
export interface ReportPlace extends AsyncDisposable {
  /** What messages call it. */
  readonly name: string;
  /** The longest text that it takes, in bytes. */
  readonly bytesMax?: number | undefined;
  /** The report of the latest attempt up to this one. */
  latest(): Promise<string | undefined>;
  /** Writes this attempt's report, in the place of one that another pod of the attempt has written. */
  write(text: string): Promise<void>;
}
