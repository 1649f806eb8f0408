import { isEqual } from "../../jinja/values/comparison.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { TupleValue } from "../../jinja/values/value.ts";
import type { DataMap } from "../project/data.ts";
import { fail } from "../values/host-function.ts";
import type { TableValue } from "../values/table.ts";
import type { NodeStatus } from "./node-result.ts";

interface Verdict {
  readonly status: NodeStatus;
  readonly message: string;
  readonly rows: null;
  readonly failures: number;
}

/**
 * A test's statement answers one row: how many failures, whether to warn and whether to fail.
 *
 * | severity | should_error | should_warn | verdict |
 * |----------|--------------|-------------|---------|
 * | error    | true         | any         | fail    |
 * | error    | false        | true        | warn    |
 * | warn     | any          | true        | warn    |
 * | any      | false        | false       | pass    |
 */
export function testVerdict(table: TableValue, config: DataMap): Verdict {
  const [row, ...more] = table.rows;
  const read = (name: string) => row?.cells[table.names.findIndex((each) => each.toLowerCase() === name)];
  const failures = read("failures");
  if (row === undefined || more.length > 0 || failures === undefined) {
    return fail(
      `the test's statement answered ${table.rows.length} rows of ${table.names.join(", ")}: expected one row of failures, should_warn and should_error`,
    );
  }
  const count = failures === null ? 0 : Number(toText(failures));
  const severity = String(config.severity ?? "ERROR").toUpperCase();
  const said = `Got ${count} ${count === 1 ? "result" : "results"}, configured to`;
  if (severity === "ERROR" && read("should_error") === true) {
    return { status: "fail", message: `${said} fail if ${config.error_if}`, rows: null, failures: count };
  }
  if (read("should_warn") === true) {
    return { status: "warn", message: `${said} warn if ${config.warn_if}`, rows: null, failures: count };
  }
  return { status: "pass", message: "", rows: null, failures: 0 };
}

/** A unit test's statement answers the rows of the model and those that were expected; their order does not matter. */
export function unitVerdict(table: TableValue): Verdict {
  const side = table.names.findIndex((name) => name.toLowerCase() === "actual_or_expected");
  const rowsOf = (which: string) =>
    table.cells
      .filter((cells) => cells[side] === which)
      .map((cells) => new TupleValue(cells.filter((_, index) => index !== side)));
  const missing = rowsOf("expected");
  const unexpected = rowsOf("actual").filter((row) => {
    const found = missing.findIndex((each) => isEqual(each, row));
    if (found >= 0) missing.splice(found, 1);
    return found < 0;
  });
  if (missing.length + unexpected.length === 0) return { status: "pass", message: "", rows: null, failures: 0 };
  const message = `the model's rows differ from those expected: ${unexpected.length} are not expected, ${missing.length} are missing`;
  return { status: "fail", message, rows: null, failures: 1 };
}
