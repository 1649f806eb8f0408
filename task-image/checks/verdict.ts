import type { Check } from "#api/check.ts";
import { conditionHolds } from "#api/check-condition.ts";

/**
 * | state   | what is true                                                                  |
 * |---------|-------------------------------------------------------------------------------|
 * | passed  | no failing row, or a number of them that no condition looks out for           |
 * | warned  | warnIf holds for their number, and errorIf does not or the severity is warn   |
 * | failed  | errorIf holds for their number, and the severity is error                     |
 * | errored | the check could not be carried out: a column is missing, the SQL is wrong, …  |
 */
export type CheckState = "passed" | "warned" | "failed" | "errored";

const ANY = "!= 0";

/** How a check ends that has found so many failing rows: as dbt decides it. */
export function verdictOf(
  { severity, warnIf = ANY, errorIf = ANY }: Pick<Check, "severity" | "warnIf" | "errorIf">,
  failures: number,
): CheckState {
  if (severity === "error" && conditionHolds(errorIf, failures)) return "failed";
  return conditionHolds(warnIf, failures) ? "warned" : "passed";
}

/** Which condition has decided, for people; nothing where it is the one that every check has. */
export function conditionWords({ warnIf, errorIf }: Pick<Check, "warnIf" | "errorIf">, state: CheckState): string {
  if (state === "failed" && errorIf !== undefined) return ` (fails if ${errorIf})`;
  if (state === "warned" && warnIf !== undefined) return ` (warns if ${warnIf})`;
  return "";
}
