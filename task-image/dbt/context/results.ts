import { computed } from "../../jinja/row-values.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { type CallableValue, TupleValue, type Value } from "../../jinja/values/value.ts";
import { ResponseValue } from "../adapter/answers.ts";
import { fail, hostFunction } from "../values/host-function.ts";
import { TableValue } from "../values/table.ts";

/** What the statement `main` of a materialization answered. */
export interface MainResult {
  readonly response: Value;
  readonly table: TableValue;
}

/** Results of the statements of a node, by name. */
export class StatementResults {
  readonly #results = new Map<string, DictValue | null>();

  /** The statement that says what became of the node; undefined when no macro has run it. */
  get main(): MainResult | undefined {
    const found = this.#results.get("main");
    const table = found?.get("table");
    return table instanceof TableValue ? { response: found?.get("response") ?? null, table } : undefined;
  }

  member(name: string): CallableValue | undefined {
    switch (name) {
      case "load_result":
        return hostFunction(name, ["name"], (found) => this.#load(found.text(0)));
      case "store_result":
        return hostFunction(name, ["name", "response", "agate_table?"], (found) =>
          this.#store(found.text(0), found.value(1), found.value(2)),
        );
      case "store_raw_result":
        return hostFunction(name, ["name", "message?", "code?", "rows_affected?", "agate_table?"], (found) => {
          const rows = /^-?\d+$/.test(toText(found.value(3))) ? BigInt(toText(found.value(3))) : -1n;
          const response = new ResponseValue(computed(toText(found.value(1))), computed(toText(found.value(2))), rows);
          return this.#store(found.text(0), response, found.value(4));
        });
      default:
        return undefined;
    }
  }

  /** A result can be read once, so that the rows do not stay in memory; `main` stays. */
  #load(name: string): Value {
    const found = this.#results.get(name);
    if (found === null) return fail(`the result of statement '${name}' has already been loaded: keep it in a variable`);
    if (name !== "main" && found !== undefined) this.#results.set(name, null);
    return found ?? null;
  }

  #store(name: string, response: Value, given: Value): string {
    const table = given instanceof TableValue ? given : TableValue.EMPTY;
    this.#results.set(
      name,
      DictValue.of([
        ["response", response],
        ["data", table.cells.map((cells) => new TupleValue(cells))],
        ["table", table],
      ] as const),
    );
    return "";
  }
}
