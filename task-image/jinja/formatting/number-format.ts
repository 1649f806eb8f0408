import { EvaluationError } from "../template-error.ts";

/** Digits behind the point that a number can be written with. */
const PRECISION_MAX = 100;

/** A float with `precision` digits behind the point. Exact halves go to the even digit, as in Python. */
export function fixed(value: number, precision: number): string {
  checkPrecision(precision);
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "nan" : value > 0 ? "inf" : "-inf";
  if (Math.abs(value) >= 1e21) return BigInt(value).toString() + (precision > 0 ? `.${"0".repeat(precision)}` : "");
  const rounded = value.toFixed(precision);
  const exact = value.toFixed(PRECISION_MAX);
  const behind = exact.slice(exact.indexOf(".") + 1 + precision);
  if (!/^50*$/.test(behind)) return rounded;
  const cut = exact.slice(0, exact.length - behind.length).replace(/\.$/, "");
  return "02468".includes(cut.at(-1) ?? "") ? cut : rounded;
}

/** A float with an exponent of at least two digits: `1.50e+03`. */
export function scientific(value: number, precision: number): string {
  checkPrecision(precision);
  if (!Number.isFinite(value)) return fixed(value, 0);
  return value.toExponential(precision).replace(/e([+-])(\d)$/, "e$10$2");
}

/** C's `%g`: `precision` significant digits, the shorter of the plain and the scientific form, without zeros at the end. */
export function general(value: number, precision: number, keepZeros: boolean): string {
  if (!Number.isFinite(value)) return fixed(value, 0);
  const digits = Math.max(1, precision);
  const exponent = Number(scientific(value, digits - 1).split("e")[1]);
  const plain = exponent >= -4 && exponent < digits;
  const text = plain ? fixed(value, digits - 1 - exponent) : scientific(value, digits - 1);
  if (keepZeros || !text.includes(".")) return text;
  return text.replace(/\.?0+(?=e|$)/, "");
}

function checkPrecision(precision: number): void {
  if (precision > PRECISION_MAX) {
    throw new EvaluationError(`a number can be written with at most ${PRECISION_MAX} digits, found ${precision}`);
  }
}
