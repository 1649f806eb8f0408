import { plain } from "../../jinja/running/parameters.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { toText } from "../../jinja/values/text-form.ts";
import type { CallArguments, Value } from "../../jinja/values/value.ts";
import type { DataMap } from "../project/data.ts";
import { toData } from "../project/template-values.ts";
import { settingName } from "./config-fields.ts";
import type { RefArgs, Version } from "./node.ts";

/** `ref('name')`, `ref('package', 'name')`, `ref('name', version=2)` or `v=2`. */
export function refArguments({ positional, named }: CallArguments): RefArgs {
  const names = positional.map(plain);
  const [first, second] = names.length === 1 ? [null, names[0]] : names;
  if (names.length > 2 || typeof second !== "string" || (first !== null && typeof first !== "string")) {
    throw new EvaluationError("ref() expects the name of a model, seed or snapshot, or a package and a name");
  }
  for (const key of named.keys()) {
    if (key !== "v" && key !== "version")
      throw new EvaluationError(`ref() has no argument '${key}': expected v or version`);
  }
  const version = plain(named.get("version") ?? named.get("v") ?? null);
  return { package: first, name: second, version: versionOf(version) };
}

function versionOf(version: Value): Version | null {
  if (typeof version === "bigint" || typeof version === "number" || typeof version === "string") return version;
  return null;
}

/** Settings by name, or one dict of them. */
export function configArguments({ positional, named }: CallArguments): DataMap {
  const [first, ...more] = positional.map(plain);
  const isOne = first === undefined ? more.length === 0 : more.length === 0 && named.size === 0;
  if (!isOne) throw new EvaluationError("config() expects settings by name, or one dict");
  if (first !== undefined && !(first instanceof DictValue)) {
    throw new EvaluationError("config() expects settings by name: config(materialized='table')");
  }
  const entries =
    first === undefined ? [...named].map(([name, value]) => [name, plain(value)] as const) : first.entries();
  const settings = entries.map(([name, value]) => [toText(name), value] as const);
  for (const [old, name] of [
    ["pre_hook", "pre-hook"],
    ["post_hook", "post-hook"],
  ] as const) {
    if ([old, name].every((each) => settings.some(([written]) => written === each))) {
      throw new EvaluationError(`config() got '${old}' and '${name}', which are one setting: remove one`);
    }
  }
  return Object.fromEntries(settings.map(([name, value]) => [settingName(name), toData(value)]));
}
