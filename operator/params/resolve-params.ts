import { nearestName } from "../api/nearest-name.ts";
import { PARAMS_BYTES_MAX, type ParamValue } from "../api/params/param-values.ts";
import type { Param, Params } from "../api/params/params.ts";
import { type RunValues, resolveText } from "../expressions/expression.ts";
import { readValue } from "./read-value.ts";

/** What is wrong with a parameter or its value, below the field that holds them. */
export interface ParamFault {
  readonly path: readonly (string | number)[];
  readonly why: string;
}

export type ResolvedParams =
  | { readonly ok: true; readonly values: Readonly<Record<string, ParamValue>> }
  | { readonly ok: false; readonly faults: readonly [ParamFault, ...ParamFault[]] };

/** The times that defaults and values of a schedule may name. */
export type RunTimes = Omit<RunValues, "params" | "nodes">;

/**
 * The parameters of a run: what it says, and for the others their defaults. One that has neither and need not is missing. Everything that is
 * wrong is found at once.
 */
export function resolveParams(
  declared: Params,
  said: Readonly<Record<string, unknown>>,
  times: RunTimes,
): ResolvedParams {
  const faults: ParamFault[] = unknownParams(declared, said);
  const entries: (readonly [string, ParamValue])[] = [];
  for (const [name, param] of Object.entries(declared)) {
    const own = Object.hasOwn(said, name) ? said[name] : undefined;
    const found = own ?? withTimes(param.default, times);
    if (found === undefined) {
      if (param.required) faults.push({ path: [name], why: `a value is missing: ${wanted(param)}` });
      continue;
    }
    const read = readValue(param, found);
    if (read.ok) entries.push([name, read.value]);
    else faults.push({ path: [name], why: read.why });
  }
  const values = Object.fromEntries(entries);
  const bytes = Buffer.byteLength(JSON.stringify(values));
  if (bytes > PARAMS_BYTES_MAX)
    faults.push({
      path: [],
      why: `expected at most ${PARAMS_BYTES_MAX} bytes of JSON in all parameters, found ${bytes}`,
    });
  const [first, ...others] = faults;
  return first === undefined ? { ok: true, values } : { ok: false, faults: [first, ...others] };
}

/** Values whose names the Pipeline does not know: a slip would else leave the default in place. */
export function unknownParams(declared: Params, said: Readonly<Record<string, unknown>>): ParamFault[] {
  const known = Object.keys(declared);
  return Object.keys(said)
    .filter((name) => !Object.hasOwn(declared, name))
    .map((name) => {
      const near = nearestName(name, known);
      const there = known.length === 0 ? "the Pipeline has none" : `there are ${known.join(", ")}`;
      return {
        path: [name],
        why: `no parameter is called ${name}; ${near === undefined ? there : `did you mean ${near}?`}`,
      };
    });
}

/** A value that its author may have written with times. */
export function withTimes(found: unknown, times: RunTimes): unknown {
  if (typeof found === "string") return resolveText(found, times);
  return Array.isArray(found) ? found.map((item: unknown) => withTimes(item, times)) : found;
}

function wanted({ type, description }: Param): string {
  const what = `set one of type ${type}`;
  return description === undefined ? what : `${what} (${description})`;
}
