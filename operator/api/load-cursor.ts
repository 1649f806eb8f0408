import { duration, integer, object, text } from "./fields.ts";
import { columnName } from "./names.ts";

/** Which rows of tables and queries are new. */
export const LoadCursor = object(
  "Reads only rows that are new since the last load, by a column that grows: the time of a row's last change, or a number. How far each load came is kept in _kelt_cursors in the target's schema; a target that was dropped is loaded from the beginning.",
  {
    column: columnName,
    lag: duration(
      "Of a column of times: rows whose time is younger than this wait for the next load. Needed where the source's role cannot see when others' transactions began (it lacks pg_read_all_stats), and at least as long as the longest of them.",
    ).optional(),
    lagValues: integer(
      "Of a column of numbers: rows whose value is within this distance of the largest one wait for the next load. A sequence gives numbers out before their rows are committed, so that a smaller one can come later and would never be read: set it above the numbers that transactions take while one of them is under way.",
      { min: 0, max: 1_000_000_000 },
    ).optional(),
    start: text("Value that the first load begins from, as SQL writes it; everything is read where it is missing.", {
      max: 128,
    }).optional(),
  },
  [
    {
      rule: "!(has(self.lag) && has(self.lagValues))",
      message: "lag is for a column of times, lagValues for one of numbers: set one of them",
      holds: ({ lag, lagValues }) => lag === undefined || lagValues === undefined,
    },
  ],
);
