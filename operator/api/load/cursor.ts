import { duration, integer, object, text } from "../fields.ts";
import { columnName } from "../names.ts";

/** Which rows of tables and queries are new. */
export const LoadCursor = object(
  "Reads only rows that are new since the last load, by a column that grows: the time of a row's last change, or a number. How far each load came is kept in _kelt_cursors in the target's schema: a value, and whether its rows have been read. A target that was dropped is loaded from the beginning. Rows that wait for a later load are counted in the node's message.",
  {
    column: columnName,
    lag: duration(
      "For a column of times: rows younger than this wait for the next load. Without lag and lateness a row must have the time of the transaction that writes it (`now()`) or a later one: one that is older than what has been loaded is never read. Set it to how late rows come where times are of events or another system, from a standby or a replica, and where the role does not see others' transactions (pg_read_all_stats); 0s says that no row comes late.",
    ).optional(),
    lateness: duration(
      "For a column of times in mode merge: how late rows come, as in lag, but no row waits. Every load reads again the rows that are up to this much older than the newest row that has been loaded.",
    ).optional(),
    lagValues: integer(
      "For a column of numbers: rows whose value is within this distance of the largest one wait for the next load. 0, for any column that is not a time, says that no row comes later with a value that is there or a smaller one, so that all rows are read. Without it, mode append leaves the rows of the largest value until a larger one comes, unless the column has a unique index. A sequence gives numbers out before their rows are committed, so that a smaller one can come later and would never be read: set it above the numbers that transactions take while one of them is under way.",
      { min: 0, max: 1_000_000_000 },
    ).optional(),
    start: text(
      "Value from which the first load begins, as SQL writes it. Without it the first load reads everything.",
      {
        max: 128,
      },
    ).optional(),
  },
  [
    {
      rule: "!((has(self.lag) || has(self.lateness)) && has(self.lagValues))",
      message: "lag and lateness are for a column of times, lagValues for one of numbers: set those of one kind",
      holds: ({ lag, lateness, lagValues }) => (lag === undefined && lateness === undefined) || lagValues === undefined,
    },
  ],
);
