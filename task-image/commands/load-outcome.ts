import type { LoadRecord } from "../postgres/load-record.ts";
import type { Outcome } from "./command.ts";

/** What a load comes to that another attempt, or another pod, has committed. */
export function repeated(record: LoadRecord): Outcome {
  const outcome = summary(record);
  return { ...outcome, message: `${outcome.message}, loaded by attempt ${record.attempt}` };
}

/** What a load comes to. */
export function summary({ tables, rows, bytes }: LoadRecord): Outcome {
  const shown = (count: number) => count.toLocaleString("en-US");
  const total = (counts: readonly (number | undefined)[]) => counts.reduce<number>((sum, count = 0) => sum + count, 0);
  const aside = [
    [total(tables.map(({ rejected }) => rejected)), "rejected"],
    [total(tables.map(({ discarded }) => discarded?.rows)), "rows discarded"],
    [total(tables.map(({ discarded }) => discarded?.values)), "values discarded"],
  ] as const;
  const what = tables.length === 1 ? "1 table" : `${tables.length} tables`;
  const said = aside.filter(([count]) => count > 0).map(([count, how]) => `, ${shown(count)} ${how}`);
  return { message: `${what}, ${shown(rows)} rows${said.join("")}`, rows, bytes };
}
