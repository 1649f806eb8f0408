import { DataError, TransientError } from "../errors.ts";
import { copyFormat, copyOutStatement, type SourceTable } from "../sources/postgres-table.ts";
import { type Copied, copy } from "./copy.ts";
import { databaseFailure, isServerError } from "./failure.ts";
import { quoteTable, showTable, type TableName } from "./identifier.ts";
import type { LoadedTable } from "./load-record.ts";
import { createStagingStatement, type LoadMode, planPublication, stagingTable } from "./publication.ts";
import type { Session } from "./session.ts";
import { lockTable, readTarget } from "./target.ts";

/** A table on its way: where it comes from, where it goes, and what has been copied. */
export interface StagedTable {
  readonly source: SourceTable;
  readonly target: TableName;
  readonly copied: Copied;
}

/** Refuses before any row moves what publishing would refuse after the last one. */
export async function checkTarget(session: Session, mode: LoadMode, target: TableName, source: SourceTable) {
  planPublication(mode, target, await readTarget(session, target), source.columns);
}

/** Copies one table into a staging table that nobody else can see, and counts the rows at both ends. */
export async function stageTable(
  source: Session,
  destination: Session,
  { table, target }: { readonly table: SourceTable; readonly target: TableName },
  onBytes: (bytes: number) => void,
): Promise<StagedTable> {
  const place = `loading ${showTable(table)} into ${showTable(target)}`;
  const format = copyFormat(table);
  const staging = quoteTable(stagingTable(target));
  try {
    await destination.query(createStagingStatement(target, table.columns));
    const copied = await copy(
      {
        from: source,
        out: copyOutStatement(table, `FORMAT ${format}`),
        to: destination,
        // Frozen rows need no second write by vacuum; allowed because the table is as young as the transaction.
        in: `COPY ${staging} FROM STDIN (FORMAT ${format}, FREEZE)`,
      },
      onBytes,
    );
    expectRows(place, copied.rowsRead, "read from the source", copied.rowsWritten, "written to the staging table");
    return { source: table, target, copied };
  } catch (error) {
    throw databaseFailure(error, place);
  }
}

/** Makes the staged rows the target's rows, inside the transaction. */
export async function publishTable(session: Session, mode: LoadMode, staged: StagedTable): Promise<LoadedTable> {
  const { source, target, copied } = staged;
  const place = `publishing ${showTable(target)}`;
  try {
    if (mode === "replace" && (await readTarget(session, target)) !== undefined) await lockTable(session, target);
    const publication = planPublication(mode, target, await readTarget(session, target), source.columns);
    for (const statement of publication.statements) await session.query(statement);
    if (publication.insert !== undefined) {
      const { rowCount } = await session.query(publication.insert);
      const found = `inserted into ${showTable(target)} (a trigger or rule of it changes what is inserted)`;
      expectRows(place, copied.rowsWritten, "staged", rowCount ?? 0, found);
      await session.query(`DROP TABLE ${quoteTable(stagingTable(target))}`);
    }
    const { rowsWritten: rows, bytes } = copied;
    return { source: showTable(source), target: showTable(target), rows, bytes, published: publication.kind };
  } catch (error) {
    throw databaseFailure(error, place);
  }
}

/** Commits. When the answer is lost nobody here can know what happened: the next attempt reads it in the load's record. */
export async function commit(session: Session): Promise<void> {
  try {
    const { command } = await session.query("COMMIT");
    if (command !== "COMMIT") throw new TransientError("RolledBack", "the load was rolled back instead of committed");
  } catch (error) {
    if (isServerError(error) || error instanceof TransientError) throw databaseFailure(error, "committing the load");
    throw new TransientError(
      "CommitUnknown",
      "the connection was lost while COMMIT was under way: the next attempt finds out whether the load counts, and does not repeat it if it does",
      { cause: error },
    );
  }
}

function expectRows(place: string, expected: number, what: string, found: number, where: string): void {
  if (expected === found) return;
  throw new DataError(
    "RowCountMismatch",
    `${place}: ${expected} rows were ${what}, ${found} were ${where}. Nothing has been published`,
  );
}
