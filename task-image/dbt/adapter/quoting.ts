import { plain } from "../../jinja/running/parameters.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { type CallArguments, UndefinedValue, type Value } from "../../jinja/values/value.ts";
import { PATH_PARTS, type PathPolicy, type RelationPath } from "./relation-path.ts";

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** A policy with the parts that a call names, in order or by name; None leaves a part as it was. */
export function changedPolicy(before: PathPolicy, { positional, named }: CallArguments): PathPolicy {
  const policy: Writable<PathPolicy> = { ...before };
  for (const [index, part] of PATH_PARTS.entries()) {
    const stored = named.get(part) ?? positional[index];
    const value = stored === undefined ? null : plain(stored);
    if (value !== null && !(value instanceof UndefinedValue)) policy[part] = isTrue(value);
  }
  return policy;
}

/** A policy with the parts that a dict has. */
export function policyFromDict(before: PathPolicy, value: Value | undefined): PathPolicy {
  if (!(value instanceof DictValue)) return before;
  return changedPolicy(before, {
    positional: [],
    named: new Map(value.entries().map(([key, item]) => [String(key), item])),
  });
}

/** A path with the parts that a dict has; text and None are parts. */
export function pathFromDict(before: RelationPath, value: Value | undefined): RelationPath {
  if (!(value instanceof DictValue)) return before;
  const path: Writable<RelationPath> = { ...before };
  for (const part of PATH_PARTS) {
    const item = value.get(part);
    if (item === undefined) continue;
    path[part] = typeof item === "string" ? item : null;
  }
  return path;
}
