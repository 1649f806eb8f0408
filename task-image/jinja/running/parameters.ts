import { nearest } from "../suggestion.ts";
import { EvaluationError } from "../template-error.ts";
import { type CallArguments, describeType, foundOr, UndefinedValue, type Value } from "../values/value.ts";
import { Rendering } from "./rendering.ts";

/** A value as operations see it: rendered text is a str. */
export function plain(stored: Value | Rendering): Value {
  return stored instanceof Rendering ? stored.text : stored;
}

/** The arguments of a function in the order of its parameters. */
export class BoundArguments {
  readonly #owner: string;
  readonly #names: readonly string[];
  readonly #values: readonly (Value | undefined)[];

  constructor(owner: string, names: readonly string[], values: readonly (Value | undefined)[]) {
    this.#owner = owner;
    this.#names = names;
    this.#values = values;
  }

  has(index: number): boolean {
    return this.#values[index] !== undefined;
  }

  value(index: number): Value;
  value<T extends Value>(index: number, fallback: T): Value | T;
  value(index: number, fallback: Value = null): Value {
    return foundOr(this.#values[index], () => fallback);
  }

  text(index: number, fallback?: string): string {
    const value = this.value(index, fallback ?? null);
    return typeof value === "string" ? value : this.#expected("text", index, value);
  }

  integer(index: number, fallback?: number): number {
    const value = this.value(index, fallback === undefined ? null : BigInt(fallback));
    if (typeof value === "boolean") return Number(value);
    return typeof value === "bigint" ? Number(value) : this.#expected("a whole number", index, value);
  }

  #expected(what: string, index: number, value: Value): never {
    if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
    throw new EvaluationError(
      `${this.#owner} expects ${what} for '${this.#names[index]}', found ${describeType(value)}`,
    );
  }
}

/**
 * Matches arguments with parameters as Python does. A parameter with a question mark at its end may be left out.
 *
 * @throws {EvaluationError} for arguments that are missing, unknown, too many or given twice.
 */
export function bind(owner: string, parameters: readonly string[], given: CallArguments): BoundArguments {
  const names = parameters.map((parameter) => parameter.replace(/\?$/, ""));
  if (given.positional.length > names.length) {
    const limit = names.length === 0 ? "no arguments" : `at most ${names.length} arguments (${names.join(", ")})`;
    throw new EvaluationError(`${owner} takes ${limit}, found ${given.positional.length}`);
  }
  const values: (Value | undefined)[] = names.map(() => undefined);
  for (const [index, value] of given.positional.entries()) values[index] = plain(value);
  for (const [name, value] of given.named) {
    const index = names.indexOf(name);
    if (index < 0) throw new EvaluationError(`${owner} has no argument '${name}'${nearest(name, names)}`);
    if (values[index] !== undefined) throw new EvaluationError(`${owner} got '${name}' twice`);
    values[index] = plain(value);
  }
  for (const [index, parameter] of parameters.entries()) {
    if (!parameter.endsWith("?") && values[index] === undefined) {
      throw new EvaluationError(`${owner} needs the argument '${names[index]}'`);
    }
  }
  return new BoundArguments(owner, names, values);
}
