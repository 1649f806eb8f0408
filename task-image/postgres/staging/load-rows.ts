import type { CommandContext, SpecOf } from "../../commands/command.ts";
import { copyFormat, copyOutStatement } from "../../sources/postgres/postgres-rows.ts";
import { narrowToRange, type SelectedRows, type Selection } from "../../sources/postgres/selected-rows.ts";
import { showTable } from "../../sql/identifier.ts";
import { checkTarget, stageTable } from "../publishing/load-transaction.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import { openSession, type Session } from "../session.ts";
import {
  moveCursors,
  openHorizon,
  type SelectedIncrement,
  selectIncrement,
  warnOfLateRows,
} from "./load-increments.ts";
import { rangesOf, stageInRanges } from "./load-ranges.ts";

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
  const horizon = await openHorizon(source, cursor);
  const increments: SelectedIncrement[] = [];
  for (const rows of await select(source)) {
    const increment = await selectIncrement({ source, destination }, spec, rows, horizon);
    warnOfLateRows(increment, cursor, horizon, context);
    increments.push(increment);
  }
  const staged = await stageRows(source, destination, spec, { selected: increments, context });
  await moveCursors(destination, spec, increments, staged);
  return staged.map((table, index) => ({ ...table, waiting: increments[index]?.waiting }));
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
  const items = context.progress.items(
    "table",
    tables.map(({ target }) => showTable(target)),
  );
  const staged: StagedTable[] = [];
  for (const [index, table] of tables.entries()) {
    const item = items[index];
    const report = (bytes: number) => item?.running({ bytes });
    report(0);
    const chosen = selected[index];
    const ranges = chosen === undefined ? [] : await rangesOf(source, chosen, spec.work.load.from.parallel ?? 1);
    const one =
      chosen !== undefined && ranges.length > 1
        ? await stageInRanges({ source, destination }, spec, { ...chosen, ranges }, { context, onBytes: report })
        : await stageTable(source, destination, table, report);
    item?.staged({ rows: one.rows, bytes: one.bytes });
    staged.push(one);
  }
  return staged;
}
