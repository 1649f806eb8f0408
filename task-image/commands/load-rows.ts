import { showTable } from "../postgres/identifier.ts";
import { checkTarget, stageTable } from "../postgres/load-transaction.ts";
import { openSession, type Session } from "../postgres/session.ts";
import type { StagedTable } from "../postgres/staged-table.ts";
import { copyFormat, copyOutStatement } from "../sources/postgres-rows.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import {
  moveCursors,
  openHorizon,
  type SelectedIncrement,
  selectIncrement,
  warnOfLateNumbers,
} from "./load-increments.ts";
import { rangesOf, stageInRanges } from "./load-ranges.ts";
import { narrowToRange, type SelectedRows, type Selection } from "./selected-rows.ts";

/**
 * Copies everything that is selected, or what is new of it, from one snapshot. The source's transaction ends with the last row,
 * before anything is published.
 */
export async function stageSelection(
  destination: Session,
  spec: SpecOf<"load">,
  context: CommandContext,
  select: Selection,
): Promise<readonly StagedTable[]> {
  const { from, range } = spec.work.load;
  const { connection, cursor } = from;
  await using source = await openSession(spec, connection, context, { readOnly: true });
  if (cursor === undefined) {
    return await stageRows(source, destination, spec, {
      selected: narrowToRange(await select(source), range),
      context,
    });
  }
  const horizon = await openHorizon(source, cursor, context);
  const increments: SelectedIncrement[] = [];
  for (const rows of await select(source)) {
    const increment = await selectIncrement({ source, destination }, spec, rows, horizon);
    warnOfLateNumbers(increment, cursor, context);
    increments.push(increment);
  }
  const staged = await stageRows(source, destination, spec, { selected: increments, context });
  await moveCursors(destination, spec, increments, staged);
  return staged;
}

async function stageRows(
  source: Session,
  destination: Session,
  spec: SpecOf<"load">,
  { selected, context }: { readonly selected: readonly SelectedRows[]; readonly context: CommandContext },
): Promise<readonly StagedTable[]> {
  const tables = selected.map(({ name, rows, target }) => {
    const format = copyFormat(rows);
    return { source: name, target, columns: rows.columns, format, copyOut: copyOutStatement(rows, `FORMAT ${format}`) };
  });
  for (const table of tables) await checkTarget(destination, spec.work.load, table);
  const staged: StagedTable[] = [];
  for (const [index, table] of tables.entries()) {
    const progress = { item: showTable(table.target), done: staged.length, total: tables.length };
    const rows = sum(staged.map((before) => before.rows));
    const bytesBefore = sum(staged.map((before) => before.bytes));
    const report = (bytes: number) => context.progress.report({ ...progress, rows, bytes: bytesBefore + bytes });
    report(0);
    const chosen = selected[index];
    const ranges = chosen === undefined ? [] : await rangesOf(source, chosen, spec.work.load.from.parallel ?? 1);
    staged.push(
      chosen !== undefined && ranges.length > 1
        ? await stageInRanges({ source, destination }, spec, { ...chosen, ranges }, { context, onBytes: report })
        : await stageTable(source, destination, table, report),
    );
  }
  return staged;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
