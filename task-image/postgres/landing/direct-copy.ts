import type { StagedColumn } from "../../loading/staged-column.ts";
import { quoteIdentifier, quoteTable, type TableName } from "../../sql/identifier.ts";
import { isServerError } from "../failure.ts";
import { stagingTable } from "../publishing/publication.ts";
import type { Session } from "../session.ts";
import type { Landing } from "./landed-files.ts";
import { type StagedRows, stagedColumns } from "./typed-rows.ts";

/** Rows that went straight into the staging table. */
export type DirectRows = Pick<StagedRows, "rows" | "columns">;

/**
 * Does a `copy` of files straight into the staging table. Leaves nothing behind where the server has refused a row, or where `copy`
 * answers no count because it wants its work undone.
 */
export async function copyDirectly(
  { session, wanted, restart }: Landing,
  copy: () => Promise<number | undefined>,
): Promise<DirectRows | "refused" | "undone"> {
  await session.query("SAVEPOINT before_copy");
  const rows = await copy().catch((error: unknown) => {
    if (!isServerError(error) || !error.code.startsWith("22")) throw error;
    return "refused" as const;
  });
  if (typeof rows === "number") {
    await session.query("RELEASE SAVEPOINT before_copy");
    return { rows, columns: await stagedColumns(session, wanted.target) };
  }
  await session.query("ROLLBACK TO SAVEPOINT before_copy");
  restart();
  return rows ?? "undone";
}

/** Adds columns to the staging table of a target. */
export async function addColumns(session: Session, target: TableName, columns: readonly StagedColumn[]): Promise<void> {
  if (columns.length === 0) return;
  const added = columns.map(({ name, type }) => `ADD COLUMN ${quoteIdentifier(name)} ${type}`).join(", ");
  await session.query(`ALTER TABLE ${quoteTable(stagingTable(target))} ${added}`);
}
