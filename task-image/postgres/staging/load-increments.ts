import { durationMs } from "#api/duration.ts";
import type { CommandContext, SpecOf } from "../../commands/command.ts";
import type { WaitingRows } from "../../loading/load-record.ts";
import {
  countWaiting,
  findCursorColumn,
  isUniqueColumn,
  readUpper,
  refuseOtherLag,
  refuseUnreachable,
} from "../../sources/postgres/cursor-column.ts";
import { type Horizon, horizonWarnings, readHorizon } from "../../sources/postgres/horizon.ts";
import {
  type CursorValue,
  type IncrementFacts,
  isTime,
  planIncrement,
  waitingRows,
} from "../../sources/postgres/increment.ts";
import type { SelectedRows } from "../../sources/postgres/selected-rows.ts";
import { databaseFailure } from "../failure.ts";
import {
  type CursorKey,
  readCursor,
  refuseOtherColumn,
  type StoredCursor,
  writeCursor,
} from "../publishing/cursor-record.ts";
import type { StagedTable } from "../publishing/staged-table.ts";
import { readTarget } from "../publishing/target.ts";
import type { Session } from "../session.ts";

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
  readonly waiting: WaitingRows;
}

/** What may be read by time; asked before the snapshot is taken. */
export async function openHorizon(source: Session, { lag }: Cursor): Promise<Horizon> {
  const { connection } = source.settings;
  return await readHorizon(source, durationMs(lag ?? "0s")).catch((error: unknown) => {
    throw databaseFailure(error, `reading the transactions of connection ${connection}`);
  });
}

/** Says which rows can be missed or have to wait, as far as the manifest does not say that it knows. */
export function warnOfLateRows(
  { name, type, key, waiting }: SelectedIncrement,
  cursor: Cursor,
  horizon: Horizon,
  { log }: Pick<CommandContext, "log">,
): void {
  const warnings = isTime(type) ? horizonWarnings(horizon, cursor) : numberWarnings(cursor);
  const said = [...warnings, ...waitingWarnings(waiting, type, cursor)];
  for (const warning of said) log.warn(warning, { source: name, cursor: key.column });
}

/** Of rows that wait although the manifest does not ask for it: the newest value of a column that is no time, and times that are still to come. */
function waitingWarnings({ rows, ahead }: WaitingRows, type: string, { lagValues }: Cursor): readonly string[] {
  if (ahead > 0) {
    return [
      `${ahead} rows are left because their time is more than a day in the future: they are loaded when it has come. Correct them, or load a query that leaves them out`,
    ];
  }
  if (rows === 0 || isTime(type) || lagValues !== undefined) return [];
  return [
    `${rows} rows of the largest value are left until a larger one comes, because more rows of it may come: the column has no unique index. Set from.cursor.lagValues to 0 where no row comes later with a value that is there, give the column a unique index, or set mode to merge`,
  ];
}

function numberWarnings({ lagValues }: Cursor): readonly string[] {
  if (lagValues !== undefined) return [];
  return [
    "rows that are committed late may be missed: a sequence gives numbers out before their rows are committed; set from.cursor.lagValues, to 0 where rows come in the order of their numbers, or use a column of times",
  ];
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
  const { column: wanted = "", start, lateness, lagValues } = from.cursor ?? {};
  const column = findCursorColumn(name, wanted, rows);
  refuseOtherLag(column, from.cursor ?? {});
  const key = { schema: to.schema, source: table === undefined ? "query" : name, column: column.name };
  const stored = await readCursor(destination, spec, key);
  const isGone = (await readTarget(destination, selected.target)) === undefined;
  const before = isGone ? undefined : stored;
  if (before !== undefined) refuseOtherColumn(before, key);
  try {
    await refuseUnreachable(source, name, column, rows);
    const isUnique = table !== undefined && (await isUniqueColumn(source, table, column.name));
    const facts: IncrementFacts = {
      column: column.name,
      type: column.type,
      isFinal: isUnique || lagValues === 0,
      mode: mode === "merge" ? "merge" : "append",
      from: before ?? (start === undefined ? undefined : { value: start, isRead: false }),
      latenessSeconds: durationMs(lateness ?? "0s") / 1000,
      upper: await readUpper(source, column, rows, { horizon, lagValues, last: before?.value }),
      isLargest: !isTime(column.type) && (lagValues ?? 0) === 0,
    };
    const increment = planIncrement(facts);
    const waiting = await countWaiting(source, column, rows, waitingRows(facts));
    const narrowed = { ...rows, condition: increment?.condition ?? "false" };
    return { ...selected, rows: narrowed, key, type: column.type, before: stored, next: increment?.next, waiting };
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
