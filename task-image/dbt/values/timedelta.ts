import type { BinaryOperator } from "../../jinja/reading/syntax-tree.ts";
import { asNumber } from "../../jinja/values/comparison.ts";
import { CallableValue, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { argument, fail, hostFunction, MembersValue } from "./host-function.ts";
import { DAY_MICROS, floorDivide, modulo, pad } from "./wall-clock.ts";

/** Python's timedelta. */
export class TimedeltaValue extends ObjectValue {
  readonly micros: bigint;

  constructor(micros: bigint) {
    super({ typeName: "datetime.timedelta" });
    this.micros = micros;
  }

  get #days(): bigint {
    return floorDivide(this.micros, DAY_MICROS);
  }

  get #rest(): bigint {
    return modulo(this.micros, DAY_MICROS);
  }

  /** `1 day, 2:03:04`. */
  override get text(): string {
    const seconds = Number(this.#rest / 1_000_000n);
    const fraction = Number(this.#rest % 1_000_000n);
    const clock = `${Math.floor(seconds / 3600)}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
    const days = this.#days;
    const before = days === 0n ? "" : `${days} day${days === 1n || days === -1n ? "" : "s"}, `;
    return `${before}${clock}${fraction > 0 ? `.${pad(fraction, 6)}` : ""}`;
  }

  override get source(): string {
    const parts = [
      ["days", this.#days],
      ["seconds", this.#rest / 1_000_000n],
      ["microseconds", this.#rest % 1_000_000n],
    ].filter(([, value]) => value !== 0n);
    return `datetime.timedelta(${parts.map(([name, value]) => `${name}=${value}`).join(", ") || "0"})`;
  }

  override identity(): string {
    return `timedelta ${this.micros}`;
  }

  override isTrue(): boolean {
    return this.micros !== 0n;
  }

  override compareTo(other: Value): number | undefined {
    if (!(other instanceof TimedeltaValue)) return undefined;
    return this.micros < other.micros ? -1 : Number(this.micros > other.micros);
  }

  override operate(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined {
    if (other instanceof TimedeltaValue) {
      return isRight ? betweenDeltas(operator, other, this) : betweenDeltas(operator, this, other);
    }
    const number = asNumber(other);
    if (number === undefined) return undefined;
    if (operator === "*") return times(this.micros, number);
    return isRight ? undefined : divided(operator, this.micros, number);
  }

  override attribute(name: string): Stored | undefined {
    switch (name) {
      case "days":
        return this.#days;
      case "seconds":
        return this.#rest / 1_000_000n;
      case "microseconds":
        return this.#rest % 1_000_000n;
      case "total_seconds":
        return hostFunction(name, [], () => Number(this.micros) / 1_000_000);
      default:
        return undefined;
    }
  }
}

function betweenDeltas(operator: BinaryOperator, left: TimedeltaValue, right: TimedeltaValue): Value | undefined {
  switch (operator) {
    case "+":
      return new TimedeltaValue(left.micros + right.micros);
    case "-":
      return new TimedeltaValue(left.micros - right.micros);
    case "/":
      return right.micros === 0n ? fail("division by zero") : Number(left.micros) / Number(right.micros);
    case "//":
      return right.micros === 0n ? fail("division by zero") : floorDivide(left.micros, right.micros);
    default:
      return undefined;
  }
}

function times(micros: bigint, number: bigint | number): TimedeltaValue {
  return new TimedeltaValue(typeof number === "bigint" ? micros * number : BigInt(Math.round(Number(micros) * number)));
}

function divided(operator: BinaryOperator, micros: bigint, number: bigint | number): Value | undefined {
  if (operator !== "/" && operator !== "//") return undefined;
  if (Number(number) === 0) fail("division by zero");
  if (operator === "//" && typeof number === "bigint") return new TimedeltaValue(floorDivide(micros, number));
  return new TimedeltaValue(BigInt(Math.round(Number(micros) / Number(number))));
}

/** Python's order of the parameters. */
const UNITS: readonly (readonly [string, bigint])[] = [
  ["days", DAY_MICROS],
  ["seconds", 1_000_000n],
  ["microseconds", 1n],
  ["milliseconds", 1000n],
  ["minutes", 60_000_000n],
  ["hours", 3_600_000_000n],
  ["weeks", 7n * DAY_MICROS],
];

const make = new CallableValue("timedelta", (given) => {
  const parts = UNITS.map(([name, unit], index) => {
    const value = argument(given, index, name);
    const number = value === undefined ? 0n : asNumber(value);
    if (number === undefined) return fail(`timedelta() expects a number for '${name}'`);
    return typeof number === "bigint" ? number * unit : BigInt(Math.round(number * Number(unit)));
  });
  return new TimedeltaValue(parts.reduce((sum, part) => sum + part, 0n));
});

/** `modules.datetime.timedelta`. */
export const TIMEDELTA_TYPE = new MembersValue("type", {}, make);
