import { charge, chargeText } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";
import { describeType, foundOr, ObjectValue, TupleValue, type Value } from "./value.ts";
import { Walk } from "./walk.ts";

/** Python's dict: keys in the order of insertion, and 1, 1.0 and True are the same key. */
export class DictValue {
  readonly #entries = new Map<string, readonly [Value, Value]>();

  static of(entries: Iterable<readonly [Value, Value]>): DictValue {
    const dict = new DictValue();
    for (const [key, value] of entries) dict.set(key, value);
    return dict;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(key: Value): Value | undefined {
    return this.#entries.get(identity(key))?.[1];
  }

  has(key: Value): boolean {
    return this.#entries.has(identity(key));
  }

  set(key: Value, value: Value): void {
    const id = identity(key);
    this.#entries.set(id, [foundOr(this.#entries.get(id)?.[0], () => key), value]);
  }

  delete(key: Value): boolean {
    return this.#entries.delete(identity(key));
  }

  clear(): void {
    this.#entries.clear();
  }

  entries(): (readonly [Value, Value])[] {
    return [...this.#entries.values()];
  }

  keys(): Value[] {
    return this.entries().map(([key]) => key);
  }

  values(): Value[] {
    return this.entries().map(([, value]) => value);
  }
}

/** What makes two keys the same, as text. Only values that cannot change can be keys. Parts of tuples stand behind their lengths. */
function identity(key: Value, walk: Walk = new Walk()): string {
  if (key === null) return "none";
  if (typeof key === "string") {
    charge(key.length >> 6);
    return `s${key}`;
  }
  if (typeof key === "boolean") return key ? "n1" : "n0";
  if (typeof key === "bigint") return `n${key}`;
  if (typeof key === "number") return Number.isInteger(key) ? `n${BigInt(key)}` : `n${key}`;
  if (key instanceof TupleValue)
    return walk.within(() => `t${key.items.map((item) => part(identity(item, walk))).join("")}`);
  if (key instanceof ObjectValue && key.identity !== undefined) return `o${part(key.identity())}`;
  throw new EvaluationError(`${describeType(key)} cannot be the key of a dict`);
}

function part(id: string): string {
  chargeText(id.length);
  return `${id.length}:${id}`;
}
