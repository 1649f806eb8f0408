import { copyFormat, copyOutStatement, type SourceRows } from "../sources/postgres-rows.ts";
import { showTable, type TableName } from "../warehouse/identifier.ts";
import { checkTarget, type StagedTable, stageTable } from "../warehouse/load-transaction.ts";
import type { Session } from "../warehouse/session.ts";
import type { CommandContext, SpecOf } from "./command.ts";

/** Rows of a Postgres source, and where they go. */
export interface SelectedRows {
  /** What they are called at the source, for people. */
  readonly name: string;
  readonly rows: SourceRows;
  readonly target: TableName;
}

/** Copies everything that was selected from the snapshot that `source` is in, one after the other. */
export async function stageRows(
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
  for (const table of tables) {
    const progress = { item: showTable(table.target), done: staged.length, total: tables.length };
    const rows = sum(staged.map((before) => before.rows));
    const bytesBefore = sum(staged.map((before) => before.bytes));
    const report = (bytes: number) => context.progress.report({ ...progress, rows, bytes: bytesBefore + bytes });
    report(0);
    staged.push(await stageTable(source, destination, table, report));
  }
  return staged;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
