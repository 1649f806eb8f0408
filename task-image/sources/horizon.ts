import type { Session } from "../postgres/session.ts";

/** What a column rounds a time by, and what passes between the beginning of a transaction and its showing in pg_stat_activity. */
const ROUNDING_SECONDS = 1;

/** The moment before which every row's time is final. */
export interface Horizon {
  /** As `timestamp with time zone` writes it. */
  readonly time: string;
  /** Whether transactions may be under way whose beginning this role cannot see, so that the horizon is only the lag. */
  readonly isBlind: boolean;
}

/**
 * A row's time is the beginning of its transaction (`now()`) or later. So a row that is not committed yet is younger than the
 * oldest transaction that is under way, and everything before that moment is there to be read by a snapshot taken afterwards.
 * Ask before the snapshot. Prepared transactions and those of a standby's primary do not show.
 */
export async function readHorizon(session: Session, lagMs: number): Promise<Horizon> {
  const { rows } = await session.query<Horizon>(
    `SELECT (LEAST(pg_catalog.now(), pg_catalog.min(a.xact_start), pg_catalog.pg_last_xact_replay_timestamp())
         - pg_catalog.make_interval(secs => $1))::text AS time,
       pg_catalog.pg_is_in_recovery() OR pg_catalog.count(*) FILTER (WHERE a.query = '<insufficient privilege>') > 0 AS "isBlind"
     FROM pg_catalog.pg_stat_activity a
     WHERE a.datname = pg_catalog.current_database() AND a.pid <> pg_catalog.pg_backend_pid()
       AND a.backend_type IS DISTINCT FROM 'autovacuum worker'`,
    [ROUNDING_SECONDS + lagMs / 1000],
  );
  return rows[0] ?? { time: "-infinity", isBlind: true };
}
