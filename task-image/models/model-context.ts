import { bind, plain } from "../jinja/running/parameters.ts";
import { EvaluationError } from "../jinja/template-error.ts";
import { DictValue } from "../jinja/values/dict-value.ts";
import { toText } from "../jinja/values/text-form.ts";
import {
  type CallArguments,
  CallableValue,
  type CallSite,
  foundOr,
  ObjectValue,
  type Stored,
  UndefinedValue,
  type Value,
} from "../jinja/values/value.ts";
import type { TableName } from "../sql/identifier.ts";
import { type Setting, type Settings, settingName } from "./model-config.ts";
import { relationValue } from "./relation.ts";

/** What one rendering of a model answers when the model asks. */
export interface ModelAnswers {
  /** False while the project is read, true when its SQL is made. */
  readonly execute: boolean;
  readonly self: TableName;
  readonly ref: (model: string, site: CallSite) => Value;
  readonly source: (source: string, table: string, site: CallSite) => Value;
  /** Takes what `config()` in the model sets. */
  readonly configure: (name: string, setting: Setting) => void;
  readonly settings: Settings;
}

/** The part of dbt's context that belongs to a model. */
export function modelGlobals(projectName: string, answers: ModelAnswers): Map<string, Stored> {
  return new Map<string, Stored>([
    ["execute", answers.execute],
    ["this", relationValue(answers.self)],
    ["ref", new CallableValue("ref", (given, site) => ref(projectName, given, site, answers))],
    ["source", new CallableValue("source", (given, site) => source(given, site, answers))],
    ["config", config(answers)],
    ["is_incremental", new CallableValue("is_incremental", () => false)],
  ]);
}

/** `ref('model')` or `ref('project', 'model')`. */
function ref(projectName: string, given: CallArguments, site: CallSite, { ref: answer }: ModelAnswers): Value {
  for (const name of ["version", "v"]) {
    if (given.named.has(name)) throw new EvaluationError("ref(): versions of models are not supported yet");
  }
  const found = bind("ref()", ["model_name", "second?"], given);
  if (!found.has(1)) return answer(found.text(0), site);
  if (found.text(0) !== projectName) {
    throw new EvaluationError(
      `ref(): '${found.text(0)}' is another project, and packages are not supported yet: this project is '${projectName}'`,
    );
  }
  return answer(found.text(1), site);
}

function source(given: CallArguments, site: CallSite, { source: answer }: ModelAnswers): Value {
  const found = bind("source()", ["source_name", "table_name"], given);
  return answer(found.text(0), found.text(1), site);
}

/** `config(...)` sets and prints nothing; `config.get(name, default)` and `config.require(name)` read. */
function config({ configure, settings }: ModelAnswers): ObjectValue {
  const call = new CallableValue("config", ({ positional, named }, { at }) => {
    for (const stored of positional) {
      const value = plain(stored);
      if (!(value instanceof DictValue)) throw new EvaluationError("config() takes named settings or one dict");
      for (const [name, item] of value.entries()) configure(settingName(toText(name)), { value: defined(item), at });
    }
    for (const [name, stored] of named) configure(settingName(name), { value: defined(plain(stored)), at });
    return "";
  });
  const get = new CallableValue("get", (given) => {
    const found = bind("config.get()", ["name", "default?", "validator?"], given);
    return foundOr(settings.get(settingName(found.text(0)))?.value, () => found.value(1));
  });
  const require = new CallableValue("require", (given) => {
    const name = bind("config.require()", ["name", "validator?"], given).text(0);
    return foundOr(settings.get(settingName(name))?.value, () => {
      throw new EvaluationError(`config.require(): '${name}' is not configured for this model`);
    });
  });
  const attribute = (name: string) => (name === "get" ? get : name === "require" ? require : undefined);
  return new ObjectValue({ typeName: "config", call, attribute });
}

function defined(value: Value): Value {
  if (value instanceof UndefinedValue) throw new EvaluationError(value.problem);
  return value;
}
