import { createHash } from "node:crypto";
import { charge } from "../../jinja/budget.ts";
import { plain } from "../../jinja/running/parameters.ts";
import { saidArgument } from "../../jinja/said-text.ts";
import { EvaluationError, endsRendering, TemplateError } from "../../jinja/template-error.ts";
import { sorted } from "../../jinja/values/collection-methods.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toJson } from "../../jinja/values/json-text.ts";
import { iterate } from "../../jinja/values/sequence.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { CallableValue, ObjectValue, TupleValue, type Value } from "../../jinja/values/value.ts";
import { fail, hostFunction, variadic } from "../values/host-function.ts";
import { readJson } from "../values/json-reader.ts";
import { orDefault } from "../values/or-default.ts";
import { SET, SET_STRICT } from "../values/set.ts";
import { yamlText } from "./yaml-text.ts";
import { fromYaml } from "./yaml-values.ts";

/** A dict with its keys in order, and those of dicts in it, too. */
function inOrder(value: Value): Value {
  if (Array.isArray(value)) return value.map(inOrder);
  if (!(value instanceof DictValue)) return value;
  return DictValue.of(sorted(value.keys(), false).map((key) => [key, inOrder(value.get(key) ?? null)] as const));
}

/** Steps for a character of JSON that is read. */
const STEPS = { json: 4 } as const;
/** Steps for an item that becomes text, or is looked up by it. */
const ITEM_STEPS = 16;

function fromJson(text: string): Value {
  charge(text.length * STEPS.json);
  return readJson(text);
}

function zipped(lists: readonly (readonly Value[])[]): Value[] {
  const length = lists.length === 0 ? 0 : Math.min(...lists.map((each) => each.length));
  charge(length * (1 + lists.length));
  return Array.from({ length }, (_, index) => new TupleValue(lists.map((each) => each[index] ?? null)));
}

/** What the first dict of lists has and the second one has not, without regard to case. */
function difference(first: Value, second: Value): DictValue {
  if (!(first instanceof DictValue && second instanceof DictValue))
    return fail("diff_of_two_dicts() expects two dicts");
  const lower = (value: Value) => {
    charge(ITEM_STEPS);
    return toText(value).toLowerCase();
  };
  const others = new Map(
    second.entries().map(([key, items]) => [lower(key), new Set(iterate(items).map(lower))] as const),
  );
  const result = new DictValue();
  for (const [key, items] of first.entries()) {
    const rest = iterate(items).filter((item) => others.get(lower(key))?.has(lower(item)) !== true);
    if (rest.length > 0) result.set(key, [...rest]);
  }
  return result;
}

/** Calls a function; its failure becomes a message of the caller. */
const tryOrFail = new CallableValue("try_or_compiler_error", (given, site) => {
  const { positional, named } = given;
  const [, callee, ...rest] = positional;
  const callable = plain(callee ?? null);
  if (!(callable instanceof CallableValue))
    return fail("try_or_compiler_error() expects a function behind the message");
  try {
    return callable.call({ positional: rest, named }, site);
  } catch (error) {
    if (endsRendering(error)) throw error;
    if (error instanceof EvaluationError || error instanceof TemplateError) return fail(saidArgument(given, site, 0));
    throw error;
  }
});

/** `validation.any[...]`: checks of settings, which dbt's macros ask for and kelt leaves to the macros' own use of the value. */
class AnyValidator extends ObjectValue {
  constructor() {
    super({ typeName: "any", call: variadic("any", () => VALIDATOR) });
  }

  override item(): Value {
    return VALIDATOR;
  }
}

const VALIDATOR = hostFunction("validator", ["value"], () => null);
const VALIDATION = new ObjectValue({
  typeName: "validation",
  attribute: (name) => (name === "any" ? new AnyValidator() : undefined),
});

/** Functions of dbt's context that answer by what they are asked alone. */
export const CONVERSIONS: ReadonlyMap<string, Value> = new Map<string, Value>([
  [
    "fromjson",
    hostFunction("fromjson", ["string", "default?"], (found) =>
      orDefault(() => fromJson(found.text(0)), found.value(1)),
    ),
  ],
  [
    "tojson",
    hostFunction("tojson", ["value", "default?", "sort_keys?"], (found) =>
      orDefault(
        () => toJson(isTrue(found.value(2, false)) ? inOrder(found.value(0)) : found.value(0), 0),
        found.value(1),
      ),
    ),
  ],
  [
    "fromyaml",
    hostFunction("fromyaml", ["value", "default?"], (found) =>
      orDefault(() => fromYaml(found.text(0)), found.value(1)),
    ),
  ],
  [
    "toyaml",
    hostFunction("toyaml", ["value", "default?", "sort_keys?"], (found) =>
      orDefault(
        () => yamlText(isTrue(found.value(2, false)) ? inOrder(found.value(0)) : found.value(0)),
        found.value(1),
      ),
    ),
  ],
  ["set", SET],
  ["set_strict", SET_STRICT],
  [
    "zip",
    new CallableValue("zip", ({ positional, named }) =>
      orDefault(() => zipped(positional.map((each) => iterate(plain(each)))), plain(named.get("default") ?? null)),
    ),
  ],
  ["zip_strict", variadic("zip_strict", (values) => zipped(values.map(iterate)))],
  [
    "local_md5",
    hostFunction("local_md5", ["value"], (found) => {
      const text = found.text(0);
      charge(text.length >> 4);
      return createHash("md5").update(text).digest("hex");
    }),
  ],
  [
    "diff_of_two_dicts",
    hostFunction("diff_of_two_dicts", ["dict_a", "dict_b"], (found) => difference(found.value(0), found.value(1))),
  ],
  ["try_or_compiler_error", tryOrFail],
  ["validation", VALIDATION],
]);
