import { EvaluationError } from "../template-error.ts";
import { pairsOf } from "../values/collection-methods.ts";
import { DictValue } from "../values/dict-value.ts";
import {
  type CallArguments,
  CallableValue,
  type CallSite,
  foundOr,
  NamespaceValue,
  type Stored,
  type Value,
} from "../values/value.ts";
import { ReturnSignal } from "./execution.ts";
import { bind, plain } from "./parameters.ts";

function range(given: CallArguments, { budget }: CallSite): Value {
  const found = bind("range()", ["start", "stop?", "step?"], given);
  const [start, stop] = found.has(1) ? [found.integer(0), found.integer(1)] : [0, found.integer(0)];
  const step = found.integer(2, 1);
  if (step === 0) throw new EvaluationError("range() cannot go in steps of 0");
  const length = Math.max(0, Math.ceil((stop - start) / step));
  budget.steps(length);
  return Array.from({ length }, (_, index) => BigInt(start + index * step));
}

function dict({ positional, named }: CallArguments): DictValue {
  const entries = positional.flatMap((each) => pairsOf(plain(each)));
  return DictValue.of([...entries, ...[...named].map(([name, value]) => [name, plain(value)] as const)]);
}

function namespace(given: CallArguments): NamespaceValue {
  const value = new NamespaceValue();
  for (const [name, item] of dict({ positional: given.positional, named: new Map() }).entries()) {
    if (typeof name !== "string") throw new EvaluationError("the attributes of a namespace have text as names");
    value.attributes.set(name, item);
  }
  for (const [name, stored] of given.named) value.attributes.set(name, stored);
  return value;
}

function returnValue({ positional, named }: CallArguments, { frame }: CallSite): Stored {
  if (frame === undefined) throw new EvaluationError("return() can only be used inside of a macro");
  if (positional.length + named.size > 1)
    throw new EvaluationError("return() takes one value: put several into a list");
  throw new ReturnSignal(foundOr(positional[0], () => named.get("data") ?? null));
}

/** The functions that every template can call, whatever it is rendered for. */
export const BUILTINS: readonly CallableValue[] = [
  new CallableValue("range", range),
  new CallableValue("dict", dict),
  new CallableValue("namespace", namespace),
  new CallableValue("return", returnValue),
];
