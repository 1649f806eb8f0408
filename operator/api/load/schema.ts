import { object, oneOf } from "../fields.ts";

const CHANGES = ["evolve", "freeze", "discardRow", "discardValue"] as const;

/** What happens to rows that have another shape than their target. */
export const SchemaChange = oneOf(
  "What happens if rows do not have the shape of an existing target. evolve (default): columns are added and widened; in mode replace they are also changed and dropped. freeze: the load is refused. discardRow, discardValue: the row, or the value alone, is left out and recorded in _kelt_rejects. schemaContract sets this for each kind of change.",
  CHANGES,
);

/** The same for each kind of change. */
export const SchemaContract = object(
  "What happens if rows do not have the shape of their target, for each kind of difference. schemaChange applies to columns and types that are not set here. What is left out is recorded in _kelt_rejects, whose column action says whether it was a row or a value, counted in the load's message and its record, and does not count against rejects.",
  {
    tables: oneOf(
      "The target does not exist. evolve (default): it is created. freeze: the load is refused. discardRow: nothing is loaded.",
      ["evolve", "freeze", "discardRow"],
    ).optional(),
    columns: oneOf(
      "The target lacks a column. evolve: it is added; in mode replace a column that the rows lack is dropped. freeze: the load is refused, also when the rows lack one. discardRow: rows with a value in it are left out. discardValue: rows are loaded without that value.",
      CHANGES,
    ).optional(),
    types: oneOf(
      "A value does not fit its column's type, and load.columns does not declare the type. evolve: the column is widened where that loses nothing (integer to bigint, a longer varchar or text, numeric with more digits), and in mode replace gets the type of the rows; other values are bad ones. freeze: the type stays; tables of another type are refused, and such values of files are bad ones. discardRow: the row is left out. discardValue: NULL is loaded instead, which a NOT NULL column refuses.",
      CHANGES,
    ).optional(),
    widening: oneOf(
      "How far evolve widens. family (default): as types says. text: also whole numbers to numeric, and any column to text. Postgres only.",
      ["family", "text"],
    ).optional(),
  },
);
