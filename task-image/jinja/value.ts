import type { Budget } from "./budget.ts";
import type { DictValue } from "./dict-value.ts";
import type { Frame, Position } from "./position.ts";
import type { Rendering } from "./rendering.ts";

/**
 * Values of templates are Python's: `null` is None, a bigint is an int, a number is a float, an array is a list. No value
 * holds an object of the host, and attributes are looked up in tables of their own, so that no prototype can be reached.
 */
export type Value =
  | null
  | boolean
  | bigint
  | number
  | string
  | Value[]
  | TupleValue
  | DictValue
  | NamespaceValue
  | CallableValue
  | ObjectValue
  | UndefinedValue;

/** What a variable holds: a value, or rendered text that still knows the places its parts came from. */
export type Stored = Value | Rendering;

export class TupleValue {
  readonly items: readonly Value[];

  constructor(items: readonly Value[]) {
    this.items = items;
  }
}

/** The result of `namespace()`: the one thing whose attributes a template can set. */
export class NamespaceValue {
  readonly attributes = new Map<string, Stored>();
}

/** The value of a name or attribute that does not exist. */
export class UndefinedValue {
  readonly #explain: () => string;

  /** `problem` is what using the value ends with, or a function that says it when somebody asks. */
  constructor(problem: string | (() => string)) {
    this.#explain = typeof problem === "string" ? () => problem : problem;
  }

  /** Why there is no value, in a sentence: "'x' is undefined". */
  get problem(): string {
    return this.#explain();
  }
}

export interface CallArguments {
  readonly positional: readonly Stored[];
  readonly named: ReadonlyMap<string, Stored>;
}

/** Where a call was written, and what it may use up. */
export interface CallSite {
  readonly at: Position;
  readonly frame: Frame | undefined;
  readonly budget: Budget;
}

/** Something that can be called: a macro, a method, or a function of the context. */
export class CallableValue {
  readonly name: string;
  readonly call: (given: CallArguments, site: CallSite) => Stored;

  constructor(name: string, call: (given: CallArguments, site: CallSite) => Stored) {
    this.name = name;
    this.call = call;
  }
}

interface ObjectParts {
  readonly typeName: string;
  readonly attribute: (name: string) => Value | undefined;
  /** What printing it gives; without it the object shows its type. */
  readonly text?: string;
  /** What calling it does; without it the object cannot be called. */
  readonly call?: CallableValue;
}

/** An object that the context offers, such as `this`, `target`, `config` or `loop`: attributes to read and nothing else. */
export class ObjectValue {
  readonly typeName: string;
  readonly attribute: (name: string) => Value | undefined;
  readonly text: string | undefined;
  readonly call: CallableValue | undefined;

  constructor(parts: ObjectParts) {
    this.typeName = parts.typeName;
    this.attribute = parts.attribute;
    this.text = parts.text;
    this.call = parts.call;
  }
}

/** What was found, or else something other. None counts as found, which is why `??` cannot be used on values. */
export function foundOr<T, U>(found: T | undefined, other: () => U): T | U {
  return found === undefined ? other() : found;
}

/** The type's name as Python's messages write it. */
export function typeName(value: Value): string {
  if (value === null) return "NoneType";
  if (value instanceof ObjectValue) return value.typeName;
  if (value instanceof TupleValue) return "tuple";
  if (value instanceof NamespaceValue) return "namespace";
  if (value instanceof UndefinedValue) return "Undefined";
  if (value instanceof CallableValue) return "macro";
  if (Array.isArray(value)) return "list";
  return PRIMITIVE_NAMES[typeof value] ?? "dict";
}

/** `an int`, `a str`. */
export function describeType(value: Value): string {
  const name = typeName(value);
  return `${/^[aeiou]/i.test(name) ? "an" : "a"} ${name}`;
}

const PRIMITIVE_NAMES: Readonly<Record<string, string>> = {
  boolean: "bool",
  bigint: "int",
  number: "float",
  string: "str",
};
