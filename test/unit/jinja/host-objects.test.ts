import { describe, expect, test } from "vitest";
import type { BinaryOperator } from "../../../task-image/jinja/reading/syntax-tree.ts";
import { CallableValue, type NumberLike, ObjectValue, type Value } from "../../../task-image/jinja/values/value.ts";
import { dbtErrorOf, renderDbt } from "./dbt-render.ts";

/** A row of two columns, as a table of the host gives it. */
class Row extends ObjectValue {
  readonly #cells: readonly Value[];

  constructor(cells: readonly Value[]) {
    super({ typeName: "Row", attribute: (name) => (name === "first" ? (cells[0] ?? null) : undefined) });
    this.#cells = cells;
  }

  override items(): readonly Value[] {
    return this.#cells;
  }

  override item(key: Value): Value | undefined {
    return this.#cells[["a", "b"].indexOf(String(key))];
  }
}

/** A number of a type of its own. */
class Cents extends ObjectValue {
  readonly cents: number;

  constructor(cents: number) {
    super({ typeName: "Cents", text: `${cents}c` });
    this.cents = cents;
  }

  override get source(): string {
    return `Cents(${this.cents})`;
  }

  override identity(): string {
    return `cents ${this.cents}`;
  }

  override isEqualTo(other: Value): boolean | undefined {
    if (other instanceof Cents) return other.cents === this.cents;
    return typeof other === "bigint" ? this.cents === Number(other) : undefined;
  }

  override compareTo(other: Value): number | undefined {
    if (typeof other === "bigint") return this.cents - Number(other);
    return other instanceof Cents ? this.cents - other.cents : undefined;
  }

  override operate(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined {
    if (operator !== "-" || typeof other !== "bigint") return undefined;
    return new Cents(isRight ? Number(other) - this.cents : this.cents - Number(other));
  }

  override number(): NumberLike {
    const { cents } = this;
    return {
      value: cents,
      negated: () => new Cents(-cents),
      absolute: () => new Cents(Math.abs(cents)),
      rounded: (digits) => new Cents(Number(cents.toFixed(digits))),
    };
  }

  override json(): Value {
    return BigInt(this.cents);
  }
}

/** A path that is a mapping and the key of dicts. */
class Path extends ObjectValue {
  constructor(path: string) {
    super({ typeName: "Path", text: path, call: new CallableValue("Path", () => `called ${path}`) });
  }

  override has(key: Value): boolean {
    return key === "schema";
  }

  override identity(): string {
    return this.text;
  }
}

const VALUES = {
  row: new Row([1n, "x"]),
  empty: new Row([]),
  c: new Cents(5),
  same: new Cents(5),
  more: new Cents(7),
  path: new Path("s.t"),
  again: new Path("s.t"),
  other: new Path("s.u"),
  plain: new ObjectValue({ typeName: "target" }),
};

const CASES: readonly (readonly [string, string])[] = [
  ["{% for cell in row %}{{ cell }};{% endfor %}", "1;x;"],
  ["{{ row[0] }}{{ row[-1] }}{{ row['b'] }}{{ row.b }}{{ row.first }}{{ row[5] is defined }}", "1xxx1False"],
  ["{{ row | length }}{{ row[1:] }}{{ row | list }}{{ 'x' in row }}{{ 2 in row }}", "2['x'][1, 'x']TrueFalse"],
  ["{% set a, b = row %}{{ b }}{{ a }}{{ row is iterable }}{{ row is mapping }}", "x1TrueFalse"],
  ["{{ 'y' if row else 'n' }}{{ 'y' if empty else 'n' }}{{ 'y' if plain else 'n' }}", "yny"],
  ["{{ c == same }}{{ c == more }}{{ c == 5 }}{{ 5 == c }}{{ c != more }}{{ c == 'a' }}", "TrueFalseTrueTrueTrueFalse"],
  [
    "{{ c < more }}{{ c >= 5 }}{{ 6 < c }}{{ [more, c] | sort }}{{ [c, more] | max }}",
    "TrueTrueFalse[Cents(5), Cents(7)]7c",
  ],
  ["{{ c }}{{ [c] }}{{ c ~ '' }}{{ '%s' % c }}{{ c | string }}", "5c[Cents(5)]5c5c5c"],
  ["{{ c - 1 }}{{ 9 - c }}{{ -c }}{{ -c | abs }}{{ c | round(1) }}{{ c | int }}{{ c | float }}", "4c4c-5c5c5c55.0"],
  [
    "{{ c is number }}{{ c is integer }}{{ row is number }}{{ c | tojson }}{{ {'a': c} | tojson }}",
    'TrueFalseFalse5{"a": 5}',
  ],
  ["{{ {c: 1}[same] }}{{ {path: 1}[again] }}{{ {path: 1}[other] is defined }}", "11False"],
  [
    "{{ path == again }}{{ path == other }}{{ path in [other, again] }}{{ [path, again] | unique | list | length }}",
    "TrueFalseTrue1",
  ],
  [
    "{{ path is mapping }}{{ 'schema' in path }}{{ 'x' in path }}{{ path() }}{{ plain is mapping }}",
    "TrueTrueFalsecalled s.tFalse",
  ],
];

test.each(CASES)("%j renders as %j", (source, expected) => {
  expect(renderDbt(source, VALUES)).toBe(expected);
});

describe("what a type cannot do is refused", () => {
  test.each([
    ["{{ c + 1 }}", "t.sql:1:6: '+' does not work between Cents and int"],
    ["{{ c < 'a' }}", "'<' does not work between Cents and str"],
    ["{{ plain < plain }}", "'<' does not work between target and target"],
    ["{{ {row: 1} }}", "a Row cannot be the key of a dict"],
    ["{% for x in plain %}{% endfor %}", "a target cannot be looped over"],
    ["{{ 1 in plain }}", "'in' does not work with a target"],
    ["{{ plain[1:] }}", "a target cannot be sliced"],
    ["{{ -plain }}", "'-' does not work on a target"],
    ["{{ plain() }}", "'plain', a target, cannot be called"],
    ["{{ [plain] | tojson }}", "a target has no JSON"],
  ])("%j", (source, expected) => {
    expect(dbtErrorOf(() => renderDbt(source, VALUES))).toContain(expected);
  });
});
