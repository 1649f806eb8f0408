import type { Value } from "../../jinja/values/value.ts";
import type { StatementResult } from "../bridge/messages.ts";
import { typedColumn } from "../values/column-type.ts";
import { MembersValue } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";
import type { Warehouse } from "./warehouse.ts";

/** dbt's AdapterResponse: what a statement did. */
export class ResponseValue extends MembersValue {
  readonly message: string;
  readonly code: string | null;
  readonly rowsAffected: bigint;

  constructor(message: string, code: string | null, rowsAffected: bigint) {
    super("AdapterResponse", { _message: () => message, code: () => code, rows_affected: () => rowsAffected });
    this.message = message;
    this.code = code;
    this.rowsAffected = rowsAffected;
  }

  override get text(): string {
    return this.message;
  }
}

/** What the server says of a statement: `INSERT 0 5` has the code `INSERT` and 5 rows. */
export function responseOf({ tag, rows, columns }: StatementResult): ResponseValue {
  const words = tag.split(/\s+/);
  const count = /\d+$/.exec(tag)?.[0];
  const affected = count ?? (columns.length > 0 ? String(rows.length) : "-1");
  return new ResponseValue(tag, words.filter((word) => !/^\d+$/.test(word)).join(" "), BigInt(affected));
}

/** The rows of an answer as a table. Of columns with one name the second one becomes `name_2`. */
export function tableOf({ rows, columns }: StatementResult, warehouse: Warehouse, limit?: number): TableValue {
  const seen = new Map<string, number>();
  const names = columns.map(({ name }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return count === 1 ? name : `${name}_${count}`;
  });
  const taken = limit === undefined ? rows : rows.slice(0, limit);
  const typed = columns.map(({ type }, index) => {
    const values = taken.map((cells): Value => {
      const cell = cells[index] ?? null;
      return cell === null ? null : warehouse.value(cell, type);
    });
    return typedColumn(values, "query");
  });
  const cells = taken.map((_, row) => typed.map((column) => column.cells[row] ?? null));
  return new TableValue(
    names,
    typed.map(({ type }) => type),
    cells,
  );
}
