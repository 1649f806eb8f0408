import type { Budget } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";
import { DictValue } from "../values/dict-value.ts";
import { toSource, toText } from "../values/text-form.ts";
import { TupleValue, type Value } from "../values/value.ts";
import { type FormatSpec, formatValue } from "./format-spec.ts";

const DIRECTIVE = /%(?:\(([^)]*)\))?([-+ #0]*)(\d{1,7}|\*)?(?:\.(\d{1,7}))?[hlL]?([a-zA-Z%])|%/g;

/** Python's `template % values`: a tuple fills one directive each, a dict fills `%(name)s`, anything else fills the only one. */
export function percentFormat(template: string, values: Value, budget: Budget): string {
  const given = values instanceof TupleValue ? values.items : [values];
  let next = 0;
  const take = (): Value => {
    const value = given[next];
    if (value === undefined) throw new EvaluationError("there are fewer values than directives in the format");
    next += 1;
    return value;
  };
  let named = false;
  const text = template.replace(DIRECTIVE, (directive: string, ...found: (string | undefined)[]) => {
    const [name, flags = "", width, precision, type] = found;
    if (type === undefined)
      throw new EvaluationError("a '%' in a format is followed by a directive such as 's', or written '%%'");
    if (type === "%") return "%";
    named ||= name !== undefined;
    const wide = width === "*" ? take() : BigInt(width ?? 0);
    const value = name === undefined ? take() : valueNamed(values, name);
    const spec = specOf(flags, { width: Number(wide), precision, type });
    const result = directiveText(value, spec, budget);
    budget.text(result.length + directive.length);
    return result;
  });
  if (!named && next < given.length && !(values instanceof DictValue)) {
    throw new EvaluationError(`the format has ${next} directives and was given ${given.length} values`);
  }
  budget.text(text.length);
  return text;
}

function valueNamed(values: Value, name: string): Value {
  const value = values instanceof DictValue ? values.get(name) : undefined;
  if (value === undefined) throw new EvaluationError(`the format asks for '${name}', which is not a key of the values`);
  return value;
}

interface Directive {
  readonly width: number;
  readonly precision: string | undefined;
  readonly type: string;
}

function specOf(flags: string, { width, precision, type }: Directive): FormatSpec {
  const left = flags.includes("-") || width < 0;
  const zero = flags.includes("0") && !left && !"srac".includes(type);
  return {
    fill: zero ? "0" : " ",
    align: left ? "<" : zero ? "=" : ">",
    sign: flags.includes("+") ? "+" : flags.includes(" ") ? " " : "-",
    alternate: flags.includes("#"),
    width: Math.abs(width),
    grouping: "",
    precision: precision === undefined ? undefined : Number(precision),
    type,
  };
}

function directiveText(value: Value, spec: FormatSpec, budget: Budget): string {
  switch (spec.type) {
    case "s":
      return formatValue(toText(value), spec, budget);
    case "r":
    case "a":
      return formatValue(toSource(value), { ...spec, type: "s" }, budget);
    case "d":
    case "i":
    case "u":
      return formatValue(wholeNumber(value), { ...spec, type: "d", precision: undefined }, budget);
    case "c":
      return formatValue(value, typeof value === "string" ? { ...spec, type: "s" } : spec, budget);
    default:
      return formatValue(value, spec, budget);
  }
}

function wholeNumber(value: Value): Value {
  if (typeof value === "number" && Number.isFinite(value)) return BigInt(Math.trunc(value));
  return typeof value === "boolean" ? BigInt(value) : value;
}
