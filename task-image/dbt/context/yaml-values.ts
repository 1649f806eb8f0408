import { charge } from "../../jinja/budget.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { ObjectValue, type Value } from "../../jinja/values/value.ts";
import { hidden } from "../../words/hidden-text.ts";
import { readYamlValues } from "../project/yaml-document.ts";
import { fail } from "../values/host-function.ts";
import { isoDate, isoDatetime } from "../values/iso-time.ts";
import { SetValue } from "../values/set.ts";

/** Steps for a character: reading YAML takes a hundred times as long as looking at text. */
const STEPS = 128;
/** Steps for a value, which aliases may bring any number of times. */
const VALUE_STEPS = 8;

/**
 * `fromyaml`: a text as the values that PyYAML makes of it. Dates are dates, and keys keep their kinds.
 *
 * @throws {ProblemError} for a text that is not YAML.
 * @throws {EvaluationError} for a date that no calendar has, and for a key that is a list or a dict.
 */
export function fromYaml(text: string): Value {
  charge(text.length * STEPS);
  const timestamp = (written: string) =>
    isoDate(written) ?? isoDatetime(written) ?? fail(`there is no such time${hidden(`: ${written}`)}`);
  return toValue(readYamlValues("fromyaml", text, timestamp));
}

function toValue(value: unknown): Value {
  charge(VALUE_STEPS);
  if (value === undefined || value === null) return null;
  if (Array.isArray(value)) return value.map(toValue);
  if (value instanceof Set) return new SetValue([...value].map(toValue));
  if (value instanceof Map) {
    return DictValue.of([...value].map(([key, item]) => [keyOf(toValue(key)), toValue(item)] as const));
  }
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  return value instanceof ObjectValue ? value : (value as boolean | bigint | number | string);
}

function keyOf(key: Value): Value {
  return Array.isArray(key) || key instanceof DictValue ? fail("a key of YAML is a list or a map") : key;
}
