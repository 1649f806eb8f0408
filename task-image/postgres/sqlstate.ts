import type { FailureKind } from "#api/task.ts";

/**
 * What a failure of Postgres means for a retry. The codes and their names are those of the PostgreSQL documentation,
 * Appendix A; a class (its first two characters) is looked up when the code itself is not listed. What is not listed at all
 * counts as transient, because a needless retry costs minutes and a missing one costs the run.
 */
const SQLSTATES: Readonly<Record<string, FailureKind>> = {
  // Connection exceptions: the server or the road to it.
  "08": "transient",
  // 08P01 protocol violation comes from poolers and half-dead servers.
  "0A": "configuration", // feature not supported: the statement asks for what this server cannot do
  "21": "data", // cardinality violation: a subquery returned more than one row
  "22": "data", // data exceptions: a value does not fit its type
  "23": "data", // integrity constraint violations
  "25": "transient", // invalid transaction state, such as a session ended by idle_in_transaction_session_timeout
  "25006": "configuration", // read-only transaction: a standby, or default_transaction_read_only
  "26": "transient", // invalid statement name: a pooler gave the statement to another server session
  "28": "configuration", // invalid authorization: wrong password, role without login, pg_hba.conf
  "2B": "configuration", // dependent privilege descriptors
  "2BP01": "configuration", // dependent objects still exist
  "2F": "data", // SQL routine exceptions
  "38": "data", // external routine exceptions
  "39": "data",
  "3D": "configuration", // invalid catalog name: the database does not exist
  "3F": "configuration", // invalid schema name
  "40": "transient", // serialization failure, deadlock
  "40002": "data", // deferred integrity constraint violated at COMMIT
  "42": "configuration", // syntax error or access rule violation
  "44": "data", // WITH CHECK OPTION violation
  "53": "transient", // insufficient resources: disk full, out of memory, too many connections
  "54": "configuration", // program limit exceeded: too many columns, statement too complex
  "55": "configuration", // object not in prerequisite state
  "55006": "transient", // object in use
  "55P03": "transient", // lock not available
  "57": "transient", // operator intervention: shutdown, cancel, crash, database being started
  "57P04": "configuration", // database dropped
  "58": "transient", // system error outside Postgres, such as an I/O error
  F0: "transient", // configuration file error of the server
  P0: "data", // raised by PL/pgSQL, in a trigger for instance
  XX: "transient", // internal error
  XX001: "data", // data corrupted
  XX002: "data", // index corrupted
};

export function kindOfSqlState(sqlState: string): FailureKind {
  return SQLSTATES[sqlState] ?? SQLSTATES[sqlState.slice(0, 2)] ?? "transient";
}
