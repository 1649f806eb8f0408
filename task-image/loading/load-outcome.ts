import type { CommandContext, Outcome } from "../commands/command.ts";
import type { LoadRecord } from "./load-record.ts";

/** Says of every table what the load came to that is committed, whoever has committed it. */
export function sayLoaded({ tables }: LoadRecord, { progress }: Pick<CommandContext, "progress">): void {
  const items = progress.items(
    "table",
    tables.map(({ target }) => target),
  );
  for (const [index, { rows, bytes, rejected = 0, waiting }] of tables.entries()) {
    const rejects = rejected === 0 ? [] : [`rows rejected: ${rejected.toLocaleString("en-US")}`];
    const left = waiting === undefined ? [] : [`rows left for a later load: ${waiting.rows.toLocaleString("en-US")}`];
    const message = [...rejects, ...left].join(", ");
    items[index]?.ended("Succeeded", { rows, bytes, ...(message === "" ? {} : { message }) });
  }
}

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
    [total(tables.map(({ duplicates }) => duplicates)), "duplicates left out"],
    [total(tables.map(({ discarded }) => discarded?.rows)), "rows discarded"],
    [total(tables.map(({ discarded }) => discarded?.values)), "values discarded"],
    [total(tables.map(({ waiting }) => waiting?.rows)), "left for a later load"],
    [total(tables.map(({ waiting }) => waiting?.ahead)), "of these with a time in the future"],
  ] as const;
  const what = tables.length === 1 ? "1 table" : `${tables.length} tables`;
  const said = aside.filter(([count]) => count > 0).map(([count, how]) => `, ${shown(count)} ${how}`);
  return { message: `${what}, ${shown(rows)} rows${said.join("")}`, rows, bytes };
}
