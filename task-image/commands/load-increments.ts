import { durationMs } from "#api/duration.ts";
import {
  type CursorKey,
  readCursor,
  refuseOtherColumn,
  type StoredCursor,
  writeCursor,
} from "../postgres/cursor-record.ts";
import { databaseFailure } from "../postgres/failure.ts";
import type { Session } from "../postgres/session.ts";
import type { StagedTable } from "../postgres/staged-table.ts";
import { readTarget } from "../postgres/target.ts";
import {
  findCursorColumn,
  isUniqueColumn,
  readUpper,
  refuseOtherLag,
  refuseUnreachable,
} from "../sources/cursor-column.ts";
import { type Horizon, readHorizon } from "../sources/horizon.ts";
import { type CursorValue, isTime, planIncrement } from "../sources/increment.ts";
import type { CommandContext, SpecOf } from "./command.ts";
import type { SelectedRows } from "./selected-rows.ts";

/** The cursor of a load's manifest. */
type Cursor = NonNullable<SpecOf<"load">["work"]["load"]["from"]["cursor"]>;

/** Two ends of a load: where rows come from and where they, and the cursor, go. */
interface Ends {
  readonly source: Session;
  readonly destination: Session;
}

/** The rows of one increment, and what its cursor becomes. */
export interface SelectedIncrement extends SelectedRows {
  readonly key: CursorKey;
  readonly type: string;
  readonly before: StoredCursor | undefined;
  readonly next: CursorValue | undefined;
}

/** What may be read by time; asked before the snapshot is taken. */
export async function openHorizon(source: Session, { column, lag }: Cursor, { log }: CommandContext): Promise<Horizon> {
  const { connection } = source.settings;
  const horizon = await readHorizon(source, durationMs(lag ?? "0s")).catch((error: unknown) => {
    throw databaseFailure(error, `reading the transactions of connection ${connection}`);
  });
  if (horizon.isBlind && lag === undefined) {
    log.warn(
      "rows that are committed late may be missed: this role does not see when other transactions began; grant it pg_read_all_stats, or set from.cursor.lag to their longest duration",
      { connection, cursor: column },
    );
  }
  return horizon;
}

/** Says that rows of a sequence can be missed, where the manifest does not say that it knows. */
export function warnOfLateNumbers(
  { type, key }: SelectedIncrement,
  { lagValues }: Cursor,
  { log }: Pick<CommandContext, "log">,
): void {
  if (isTime(type) || lagValues !== undefined) return;
  log.warn(
    "rows that are committed late may be missed: a sequence gives numbers out before their rows are committed; set from.cursor.lagValues, to 0 where rows come in the order of their numbers, or use a column of times",
    { source: key.source, cursor: key.column },
  );
}

/** Narrows what was selected to what is new since the last load. A target that is gone is loaded from the beginning. */
export async function selectIncrement(
  { source, destination }: Ends,
  spec: SpecOf<"load">,
  selected: SelectedRows,
  horizon: Horizon,
): Promise<SelectedIncrement> {
  const { from, to, mode } = spec.work.load;
  const { name, rows, table } = selected;
  const { column: wanted = "", start, lag, lagValues } = from.cursor ?? {};
  const column = findCursorColumn(name, wanted, rows);
  refuseOtherLag(column, { lag, lagValues });
  const key = { schema: to.schema, source: table === undefined ? "query" : name, column: column.name };
  const stored = await readCursor(destination, spec, key);
  const isGone = (await readTarget(destination, selected.target)) === undefined;
  const before = isGone ? undefined : stored;
  if (before !== undefined) refuseOtherColumn(before, key);
  try {
    await refuseUnreachable(source, name, column, rows);
    const increment = planIncrement({
      column: column.name,
      type: column.type,
      isUnique: table !== undefined && (await isUniqueColumn(source, table, column.name)),
      mode: mode === "merge" ? "merge" : "append",
      from: before ?? (start === undefined ? undefined : { value: start, isRead: false }),
      upper: await readUpper(source, column, rows, { horizon, lagValues }),
    });
    const narrowed = { ...rows, condition: increment?.condition ?? "false" };
    return { ...selected, rows: narrowed, key, type: column.type, before: stored, next: increment?.next };
  } catch (error) {
    throw databaseFailure(error, `finding what is new in ${name} by ${column.name}`);
  }
}

/** Moves the cursors of those increments that brought rows. */
export async function moveCursors(
  destination: Session,
  spec: SpecOf<"load">,
  increments: readonly SelectedIncrement[],
  staged: readonly StagedTable[],
): Promise<void> {
  for (const [index, { key, type, before, next }] of increments.entries()) {
    if (next === undefined || (staged[index]?.rows ?? 0) === 0) continue;
    await writeCursor(destination, spec, key, { before, next, type }).catch((error: unknown) => {
      throw databaseFailure(error, `moving the cursor of ${key.source}`);
    });
  }
}
