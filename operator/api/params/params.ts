import { z } from "zod";
import { flag, list, map, object, oneOf, text } from "../fields.ts";
import {
  anyValue,
  ITEMS_MAX,
  isParamValue,
  isScalar,
  PARAM_TYPES,
  PARAMS_MAX,
  type ParamType,
  paramName,
  SCALAR,
} from "./param-values.ts";

/** A number, or a day; a number with a decimal point stands in quotation marks, as API conventions have no floats. */
function bound(description: string) {
  const expected = "expected a number such as 3 or '0.5', or a day such as '2026-12-01'";
  const written = z
    .string()
    .max(32, expected)
    .regex(/^(-?[0-9]+([.][0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2})$/, expected);
  return z.union([written, z.int(expected)], expected).meta({ description, "x-kubernetes-int-or-string": true });
}

const of = (types: readonly ParamType[]) => `[${types.map((type) => `'${type}'`).join(", ")}]`;
const WITH_PATTERN: readonly ParamType[] = ["string", "list"];
const WITH_BOUNDS: readonly ParamType[] = ["integer", "number", "date"];

export const Param = object(
  "A value that each run can set. It stands in the run's status, where everybody who may see the run reads it: a secret belongs into a Secret that a connection names.",
  {
    type: oneOf(
      "What the value is. date: a day such as 2026-12-01. list: texts, numbers or booleans.",
      PARAM_TYPES,
    ).default("string"),
    description: text("What it is for, as a form shows it.", { max: 512 }).optional(),
    default: anyValue(
      "The value of a run that sets none. A text may name the run's times, such as $(run.interval.start:%F).",
      isParamValue,
      `${SCALAR}, or a list of these`,
    ).optional(),
    required: flag(
      "Whether a run without a value is refused, where there is no default. With false the value may be missing: it is empty within a text, and what consists of it alone is left out.",
    ).default(true),
    enum: list("The values that there are; of a list, its items.", anyValue("A value.", isScalar, SCALAR), {
      max: ITEMS_MAX,
    }).optional(),
    pattern: text(
      "Regular expression (RE2) that a text matches, or each item of a list. Without ^ and $ a part of the text is enough, as in JSON Schema.",
      { max: 512 },
    ).optional(),
    min: bound("The lowest number, or the first day.").optional(),
    max: bound("The highest number, or the last day.").optional(),
  },
  [
    {
      rule: `!has(self.pattern) || self.type in ${of(WITH_PATTERN)}`,
      message: "pattern is for the types string and list",
      holds: ({ type, pattern }) => pattern === undefined || WITH_PATTERN.includes(type as ParamType),
    },
    {
      rule: `!(has(self.min) || has(self.max)) || self.type in ${of(WITH_BOUNDS)}`,
      message: "min and max are for the types integer, number and date",
      holds: ({ type, min, max }) =>
        (min === undefined && max === undefined) || WITH_BOUNDS.includes(type as ParamType),
    },
  ],
);
export type Param = z.infer<typeof Param>;

export const Params = map(
  "Values that runs can set, by name: $(params.NAME) stands for one. Everybody who may see a run reads them: no secrets.",
  Param,
  { max: PARAMS_MAX, key: paramName },
);
export type Params = z.infer<typeof Params>;
