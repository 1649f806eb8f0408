import { object, oneOf } from "./fields.ts";

const CHANGES = ["evolve", "freeze", "discardRow", "discardValue"] as const;

/** What happens to rows that have another shape than their target. */
export const SchemaChange = oneOf(
  "What happens when rows do not have the shape of an existing target. evolve, which is what a missing field means: columns are added and widened, in mode replace also changed and taken away. freeze: the load is refused. discardRow, discardValue: the row, or the value alone, is left out and recorded in _kelt_rejects. schemaContract says it for each kind of change.",
  CHANGES,
);

/** The same for each kind of change. */
export const SchemaContract = object(
  "What happens when rows do not have the shape of their target, by what differs; schemaChange holds for columns and types that are not named. What is left out is recorded in _kelt_rejects, whose column action says whether it was a row or a value, counted in the load's message and its record, and does not count against rejects.",
  {
    tables: oneOf(
      "The target does not exist. evolve, which is what a missing field means: it is made. freeze: the load is refused. discardRow: nothing is loaded.",
      ["evolve", "freeze", "discardRow"],
    ).optional(),
    columns: oneOf(
      "The target lacks a column. evolve: it is added, and in mode replace a column that the rows lack is taken away. freeze: the load is refused, also when the rows lack one. discardRow: rows with a value in it are left out. discardValue: rows are loaded without that value.",
      CHANGES,
    ).optional(),
    types: oneOf(
      "A value is none of its column's type, which load.columns does not declare. evolve: the column is widened where that loses nothing (integer to bigint, a longer varchar or text, numeric with more digits), and in mode replace gets the type of the rows; other values are bad ones. freeze: the type stays; tables of another type are refused, and such values of files are bad ones. discardRow: the row is left out. discardValue: NULL is loaded instead, which a NOT NULL column refuses.",
      CHANGES,
    ).optional(),
  },
);
