import type { Check } from "#api/check.ts";
import { hidden } from "../../words/hidden-text.ts";
import { type CheckedRows, columnOf, fromRows } from "../checked-rows.ts";
import { isWithin, standingOf } from "../history/z-score.ts";

export type Distribution = NonNullable<Check["distribution"]>;

/** The query of the number, as text: no digit of a large one is lost on the way. */
export function measureOf(rows: CheckedRows, { metric, column = "" }: Distribution): string {
  const name = columnOf(rows, column);
  const nulls = `CAST(count(*) - count(${name}) AS float) / NULLIF(count(*), 0)`;
  const number = {
    rowCount: "count(*)",
    nullRatio: nulls,
    average: `avg(${name})`,
    sum: `sum(${name})`,
    min: `min(${name})`,
    max: `max(${name})`,
  }[metric];
  return `SELECT CAST(${number} AS text) AS value FROM ${fromRows(rows)}`;
}

/** What the number is, for the history and for people: `average(price)`. */
export function metricName({ metric, column }: Distribution): string {
  return column === undefined ? metric : `${metric}(${column})`;
}

export interface Judgement {
  readonly passes: boolean;
  readonly message: string;
}

/**
 * | the number                                  | earlier runs      | verdict                            |
 * |---------------------------------------------|-------------------|------------------------------------|
 * | any                                         | below minHistory  | passes: it is only kept            |
 * | NULL, NaN, infinite, no number              | enough            | fails, and is not kept             |
 * | nearer to the mean than tolerance           | enough            | passes                             |
 * | another one                                 | enough, all alike | fails                              |
 * | at most maxZScore deviations from the mean  | enough            | passes                             |
 */
export function judge(
  number: number | undefined,
  history: readonly number[],
  { minHistory, maxZScore, tolerance, ...said }: Distribution,
): Judgement {
  const name = metricName({ minHistory, maxZScore, tolerance, ...said });
  if (history.length < minHistory) {
    return { passes: true, message: `${history.length} earlier runs of the ${minHistory} that are needed` };
  }
  if (number === undefined) return { passes: false, message: `${name} is no number` };
  const { mean, score } = standingOf(number, history);
  const values = hidden(`: ${number}, mean ${mean}`);
  const runs = `the mean of ${history.length} runs${values}`;
  if (isWithin(number, mean, Number(tolerance.slice(0, -1)) / 100)) {
    return { passes: true, message: `${name} is within ${tolerance} of ${runs}` };
  }
  const far = Number.isFinite(score)
    ? `lies ${score.toPrecision(3)} standard deviations from ${runs}`
    : `differs from what it was in all of ${history.length} runs${values}`;
  return { passes: score <= Number(maxZScore), message: `${name} ${far}, at most ${maxZScore} expected` };
}

/** The number of a text that a server has written; undefined for NULL and for what is no finite number. */
export function numberOf(text: unknown): number | undefined {
  if (text === null || text === undefined || text === "") return undefined;
  const number = Number(text);
  return Number.isFinite(number) ? number : undefined;
}
