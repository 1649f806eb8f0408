import { REJECTS_MAX } from "#api/load/rejects.ts";
import type { SpecOf } from "../commands/command.ts";

/** How many rows of a table may be rejected. Where both are given, both hold. */
export interface RejectLimit {
  readonly max: number;
  /** Of the rows read, as the manifest writes it: `0.1%`. */
  readonly percent?: string | undefined;
}

/** What was rejected, and of how many rows. */
export interface RejectCount {
  readonly rejected: number;
  readonly read: number;
}

/** Decimals that a percentage can have. */
const DECIMALS = 6;

/** The limit that was passed, in words that follow "3 rows are rejected and"; undefined when none was. */
export function passedLimit({ max, percent }: RejectLimit, { rejected, read }: RejectCount): string | undefined {
  if (rejected > max) return max === 0 ? "none may be" : `at most ${max} may be (load.rejects.max)`;
  if (percent === undefined || !isAbove(percent, rejected, read)) return undefined;
  return `at most ${percent} of the ${read} rows read may be (load.rejects.percent)`;
}

/** Exact at any number of rows: a share such as 0.1 has no exact binary form. */
function isAbove(percent: string, rejected: number, read: number): boolean {
  const [whole = "0", decimals = ""] = percent.replace("%", "").split(".");
  const millionths = BigInt(whole + decimals.padEnd(DECIMALS, "0"));
  return BigInt(rejected) * 100n * 10n ** BigInt(DECIMALS) > millionths * BigInt(read);
}

/** The limit that a load's manifest sets: no row where it says nothing. */
export function rejectLimit({ work }: SpecOf<"load">): RejectLimit {
  const { max, percent } = work.load.rejects ?? {};
  return { max: max ?? (percent === undefined ? 0 : REJECTS_MAX), percent };
}
