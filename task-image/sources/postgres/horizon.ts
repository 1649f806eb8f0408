import type { Session } from "../../postgres/session.ts";

/** What a column rounds a time by, and what passes between the beginning of a transaction and its showing in pg_stat_activity. */
const ROUNDING_SECONDS = 1;
/** A transaction that is open longer than this is named: rows wait for its end. */
const HELD_SECONDS = 600;

/** What a source says of the transactions that could still commit rows. */
export interface Horizon {
  /** Rows of an earlier time are final. As `timestamp with time zone` writes it. */
  readonly time: string;
  /** Whether other roles' transactions may be under way whose beginning this role cannot see. */
  readonly isBlind: boolean;
  /** A standby does not show the transactions of its primary. */
  readonly isStandby: boolean;
  /** Prepared transactions: only the time of their PREPARE is known, not that of their beginning. */
  readonly prepared: number;
  /** The oldest open transaction, if there is one. */
  readonly oldest: { readonly pid: number; readonly state: string | null; readonly seconds: number } | null;
}

/**
 * A row's time is the beginning of its transaction (`now()`) or later. So a row that is not committed yet is younger than the
 * oldest transaction that is under way, and everything before that moment is there to be read by a snapshot taken afterwards.
 * Ask before the snapshot.
 */
export async function readHorizon(session: Session, lagMs: number): Promise<Horizon> {
  const { rows } = await session.query<Horizon>(
    `WITH others AS (
       SELECT a.pid, a.state, a.xact_start, a.query = '<insufficient privilege>' AS is_hidden FROM pg_catalog.pg_stat_activity a
       WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
         AND coalesce(a.backend_type, '') NOT IN ('autovacuum worker', 'walsender')
     ), prepared AS (
       SELECT p.prepared FROM pg_catalog.pg_prepared_xacts p WHERE p.database = pg_catalog.current_database()
     )
     SELECT (LEAST(pg_catalog.now(), (SELECT min(xact_start) FROM others), (SELECT min(prepared) FROM prepared),
         pg_catalog.pg_last_xact_replay_timestamp()) - pg_catalog.make_interval(secs => $1))::text AS time,
       EXISTS (SELECT FROM others WHERE is_hidden) AS "isBlind",
       pg_catalog.pg_is_in_recovery() AS "isStandby",
       (SELECT count(*)::int FROM prepared) AS prepared,
       (SELECT pg_catalog.json_build_object('pid', pid, 'state', state,
          'seconds', floor(extract(epoch FROM pg_catalog.now() - xact_start)))
        FROM others WHERE xact_start IS NOT NULL ORDER BY xact_start LIMIT 1) AS oldest`,
    [ROUNDING_SECONDS + lagMs / 1000],
  );
  return rows[0] ?? { time: "-infinity", isBlind: true, isStandby: false, prepared: 0, oldest: null };
}

/** What a manifest says of rows that come later than their time. */
export interface Lateness {
  readonly lag?: string | undefined;
  readonly lateness?: string | undefined;
}

/** What can keep rows waiting or, unless the manifest says how late they come, can lose them: sentences for the log. */
export function horizonWarnings(
  { isBlind, isStandby, prepared, oldest }: Horizon,
  { lag, lateness }: Lateness,
): readonly string[] {
  const held = oldest !== null && oldest.seconds >= HELD_SECONDS ? [heldBy(oldest)] : [];
  if (lag !== undefined || lateness !== undefined) return held;
  const missed = "rows that are committed late may be missed";
  return [
    "a row is expected to have the time of the transaction that writes it, or a later one: a row with an older time than one that has been loaded is never read; set from.cursor.lag or lateness to how late rows come, or lag to 0s where none does",
    ...(isBlind
      ? [
          `${missed}: this role does not see when other transactions began; grant it pg_read_all_stats, or set from.cursor.lag to their longest duration`,
        ]
      : []),
    ...(isStandby
      ? [
          `${missed}: a standby does not show the transactions of its primary; set from.cursor.lag to their longest duration and what the standby is behind`,
        ]
      : []),
    ...(prepared > 0
      ? [
          `${missed}: ${prepared} prepared transactions do not show when they began; end them, or set from.cursor.lag to what passes until PREPARE TRANSACTION`,
        ]
      : []),
    ...held,
  ];
}

function heldBy({ pid, state, seconds }: NonNullable<Horizon["oldest"]>): string {
  return `rows that are younger than the oldest open transaction wait for its end, because it could still write older ones: process ${pid} (${state ?? "of unknown state"}) has been in it for ${seconds} s; end it if nobody needs it`;
}
