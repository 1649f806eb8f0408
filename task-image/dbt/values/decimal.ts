import { charge } from "../../jinja/budget.ts";
import type { BinaryOperator } from "../../jinja/reading/syntax-tree.ts";
import { floatText } from "../../jinja/values/text-form.ts";
import { type NumberLike, ObjectValue, type Value } from "../../jinja/values/value.ts";
import { fail } from "./host-function.ts";

/** Significant digits that Python's arithmetic keeps, with halves going to the even digit. */
const PRECISION = 28;
const DIGITS_MAX = 5000;
const NUMBER = /^([-+]?)(?:(\d+)(?:\.(\d*))?|\.(\d+))(?:[eE]([-+]?\d+))?$/;

/** Python's Decimal: a whole number of units of a power of ten, so that `1.50` stays `1.50`. */
export class DecimalValue extends ObjectValue {
  readonly coefficient: bigint;
  readonly exponent: number;

  constructor(coefficient: bigint, exponent: number) {
    super({ typeName: "decimal.Decimal" });
    this.coefficient = coefficient;
    this.exponent = exponent;
  }

  /** Undefined for what is no decimal number. */
  static parse(text: string): DecimalValue | undefined {
    const match = text.length > DIGITS_MAX ? null : NUMBER.exec(text);
    if (match === null) return undefined;
    const [, sign, whole = "", fraction = match[4] ?? "", , exponent = "0"] = match;
    const digits = BigInt(whole + fraction);
    const power = Number(exponent) - fraction.length;
    if (Math.abs(power) > DIGITS_MAX) return undefined;
    return new DecimalValue(sign === "-" ? -digits : digits, power);
  }

  /** A float by the digits that Python prints: a whole one keeps its `.0`. Undefined for what is not finite. */
  static of(value: bigint | number): DecimalValue | undefined {
    if (typeof value === "bigint") return new DecimalValue(value, 0);
    return DecimalValue.parse(floatText(value));
  }

  /** Scientific where Python writes it so: behind the digits' end, and below a millionth. */
  override get text(): string {
    const { exponent } = this;
    const sign = this.coefficient < 0n ? "-" : "";
    const digits = magnitude(this.coefficient).toString();
    const adjusted = exponent + digits.length - 1;
    if (exponent <= 0 && adjusted >= -6) {
      if (exponent === 0) return sign + digits;
      const padded = digits.padStart(1 - exponent, "0");
      return `${sign}${padded.slice(0, exponent)}.${padded.slice(exponent)}`;
    }
    const mantissa = digits.length === 1 ? digits : `${digits[0]}.${digits.slice(1)}`;
    return `${sign}${mantissa}E${adjusted < 0 ? "" : "+"}${adjusted}`;
  }

  override get source(): string {
    return `Decimal('${this.text}')`;
  }

  /** Equal numbers are one key, whatever their digits. */
  override identity(): string {
    return `decimal ${stripped(this).text}`;
  }

  override isTrue(): boolean {
    return this.coefficient !== 0n;
  }

  override isEqualTo(other: Value): boolean | undefined {
    const order = this.compareTo(other);
    return order === undefined ? undefined : order === 0;
  }

  override compareTo(other: Value): number | undefined {
    const right = decimalOf(other);
    if (right === undefined) return undefined;
    const exponent = Math.min(this.exponent, right.exponent);
    const [a, b] = [scaled(this, exponent), scaled(right, exponent)];
    return a < b ? -1 : Number(a > b);
  }

  override operate(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined {
    const found = typeof other === "number" ? undefined : decimalOf(other);
    if (found === undefined) return undefined;
    charge(PRECISION);
    return isRight ? calculate(operator, found, this) : calculate(operator, this, found);
  }

  override number(): NumberLike {
    const whole = this.exponent >= 0 || this.coefficient % 10n ** BigInt(-this.exponent) === 0n;
    return {
      value: whole ? scaled(this, 0) : Number(this.text),
      negated: () => new DecimalValue(-this.coefficient, this.exponent),
      absolute: () => new DecimalValue(magnitude(this.coefficient), this.exponent),
      rounded: (digits) => withExponent(this, -digits),
    };
  }
}

const magnitude = (value: bigint) => (value < 0n ? -value : value);

/** A Decimal of any number; floats are compared by their shortest digits. */
function decimalOf(value: Value): DecimalValue | undefined {
  if (value instanceof DecimalValue) return value;
  if (typeof value === "boolean") return new DecimalValue(BigInt(value), 0);
  return typeof value === "bigint" || typeof value === "number" ? DecimalValue.of(value) : undefined;
}

/** The number in units of a power of ten, cut where it has smaller parts. */
function scaled({ coefficient, exponent }: DecimalValue, to: number): bigint {
  return exponent >= to ? coefficient * 10n ** BigInt(exponent - to) : coefficient / 10n ** BigInt(to - exponent);
}

function divideHalfEven(value: bigint, divisor: bigint): bigint {
  const [quotient, rest] = [value / divisor, magnitude(value % divisor) * 2n];
  const limit = magnitude(divisor);
  if (rest < limit || (rest === limit && quotient % 2n === 0n)) return quotient;
  return quotient + (value < 0n === divisor < 0n ? 1n : -1n);
}

function withExponent(value: DecimalValue, exponent: number): DecimalValue {
  if (value.exponent >= exponent) return new DecimalValue(scaled(value, exponent), exponent);
  return new DecimalValue(divideHalfEven(value.coefficient, 10n ** BigInt(exponent - value.exponent)), exponent);
}

function toPrecision(value: DecimalValue): DecimalValue {
  const extra = magnitude(value.coefficient).toString().length - PRECISION;
  return extra > 0 ? withExponent(value, value.exponent + extra) : value;
}

/** The number without zeros at its end. */
function stripped({ coefficient, exponent }: DecimalValue): DecimalValue {
  if (coefficient === 0n) return new DecimalValue(0n, 0);
  const zeros = /0*$/.exec(coefficient.toString())?.[0].length ?? 0;
  return new DecimalValue(coefficient / 10n ** BigInt(zeros), exponent + zeros);
}

function calculate(operator: BinaryOperator, left: DecimalValue, right: DecimalValue): DecimalValue | undefined {
  const exponent = Math.min(left.exponent, right.exponent);
  const [a, b] = [scaled(left, exponent), scaled(right, exponent)];
  switch (operator) {
    case "+":
      return toPrecision(new DecimalValue(a + b, exponent));
    case "-":
      return toPrecision(new DecimalValue(a - b, exponent));
    case "*":
      return toPrecision(new DecimalValue(left.coefficient * right.coefficient, left.exponent + right.exponent));
    case "/":
      return divide(left, right);
    case "//":
      return toPrecision(new DecimalValue(a / nonZero(b), 0));
    case "%":
      return toPrecision(new DecimalValue(a % nonZero(b), exponent));
    default:
      return undefined;
  }
}

function nonZero(value: bigint): bigint {
  return value === 0n ? fail("division by zero") : value;
}

/** An exact quotient has as few digits as the operands' exponents allow, any other one has all 28. */
function divide(left: DecimalValue, right: DecimalValue): DecimalValue {
  const digits = (value: bigint) => magnitude(value).toString().length;
  const shift = Math.max(0, PRECISION + 1 + digits(nonZero(right.coefficient)) - digits(left.coefficient));
  const dividend = left.coefficient * 10n ** BigInt(shift);
  const exponent = left.exponent - right.exponent - shift;
  if (dividend % right.coefficient !== 0n) {
    // One digit more keeps a quotient that was cut from looking like a half.
    const cut = (dividend * 10n) / right.coefficient;
    const sticky = cut % 5n === 0n ? cut + (cut < 0n ? -1n : 1n) : cut;
    return toPrecision(new DecimalValue(sticky, exponent - 1));
  }
  const exact = stripped(new DecimalValue(dividend / right.coefficient, exponent));
  const ideal = left.exponent - right.exponent;
  return exact.exponent > ideal ? withExponent(exact, ideal) : exact;
}
