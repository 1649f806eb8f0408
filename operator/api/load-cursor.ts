import { duration, object, text } from "./fields.ts";
import { columnName } from "./names.ts";

/** Which rows of tables and queries are new. */
export const LoadCursor = object(
  "Reads only rows that are new since the last load, by a column that grows: the time of a row's last change, or a number. How far each load came is kept in _kelt_cursors in the target's schema; a target that was dropped is loaded from the beginning.",
  {
    column: columnName,
    lag: duration(
      "Rows whose time is younger than this wait for the next load. Needed where the source's role cannot see when others' transactions began (it lacks pg_read_all_stats), and at least as long as the longest of them.",
    ).optional(),
    start: text("Value that the first load begins from, as SQL writes it; everything is read where it is missing.", {
      max: 128,
    }).optional(),
  },
);
