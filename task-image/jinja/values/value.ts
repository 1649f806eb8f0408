import type { Budget } from "../budget.ts";
import type { Frame, Position } from "../position.ts";
import type { Arguments, BinaryOperator } from "../reading/syntax-tree.ts";
import type { Rendering } from "../running/rendering.ts";
import type { DictValue } from "./dict-value.ts";

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
  /** Its members and what calling it gives are undefined too, and no error: so dbt reads a project before it knows everything. */
  readonly isLenient: boolean;
  readonly #explain: () => string;

  /** `problem` is what using the value ends with, or a function that says it when somebody asks. */
  constructor(problem: string | (() => string), isLenient = false) {
    this.isLenient = isLenient;
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
  /** The arguments as the template writes them; missing where the host calls. */
  readonly written?: Arguments;
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

interface ObjectMembers {
  readonly typeName: string;
  readonly attribute?: (name: string) => Stored | undefined;
  /** What printing it gives; without it the object shows its type. */
  readonly text?: string;
  /** What calling it does; without it the object cannot be called. */
  readonly call?: CallableValue;
}

/**
 * An object that the context offers, such as `this`, `target`, `config` or `loop`. A plain one has attributes to read and nothing
 * else; a subclass adds what its type can do in Python.
 */
export class ObjectValue {
  readonly typeName: string;
  readonly call: CallableValue | undefined;
  readonly #attribute: ((name: string) => Stored | undefined) | undefined;
  readonly #text: string | undefined;

  constructor({ typeName, attribute, text, call }: ObjectMembers) {
    this.typeName = typeName;
    this.call = call;
    this.#attribute = attribute;
    this.#text = text;
  }

  attribute(name: string): Stored | undefined {
    return this.#attribute?.(name);
  }

  /** Python's `str()`. */
  get text(): string {
    return this.#text ?? `<${this.typeName}>`;
  }

  /** Python's `repr()`: how it looks inside a list. */
  get source(): string {
    return this.text;
  }

  /** What a loop passes through, and what an index from 0 finds. Without it the object is no sequence. */
  items?(): readonly Value[];
  /** `object[key]` where the key is no index, or the object is no sequence. */
  item?(key: Value): Stored | undefined;
  /** `key in object`; without it the items are looked through. An object that has it is a mapping. */
  has?(key: Value): boolean;
  /** What equal objects have in common, as text: objects with it can be the keys of a dict. */
  identity?(): string;
  /** `object == other`; undefined where this type has nothing to say of the other. */
  isEqualTo?(other: Value): boolean | undefined;
  /** Negative, zero or positive as `object` stands before, with or behind the other; undefined where they have no order. */
  compareTo?(other: Value): number | undefined;
  /** `object + other`, or `other + object` with the object on the right; undefined where that means nothing. */
  operate?(operator: BinaryOperator, other: Value, isRight: boolean): Value | undefined;
  /** The number that it is: `-object`, `abs`, `round` and `int` work on it. */
  number?(): NumberLike;
  /** Python's truth; without it a sequence is true when it has items, and everything else is true. */
  isTrue?(): boolean;
  /** What `tojson` writes; undefined where it has no JSON. Without it the text is written. */
  json?(): Value | undefined;
}

/** A type of numbers of its own, such as Decimal. */
export interface NumberLike {
  readonly value: bigint | number;
  negated(): Value;
  absolute(): Value;
  /** Python's `round(number, digits)`: halves go to the even digit. */
  rounded(digits: number): Value;
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
