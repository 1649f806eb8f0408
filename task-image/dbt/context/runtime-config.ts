import { DictValue } from "../../jinja/values/dict-value.ts";
import { type CallableValue, ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { type DataMap, isMap, own } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";
import { hostFunction, MembersValue } from "../values/host-function.ts";

/** What a run adds to the facts of its projects. */
export interface RunFacts {
  readonly target: Value;
  /** `args`: options of the command line, by their names in lower case. */
  readonly flags: Iterable<readonly [string, Value]>;
}

/** dbt's RuntimeConfig, as far as projects read it: `builtins.ref.config` is a way to it that packages take. */
export function runtimeConfig(facts: DataMap, { target, flags }: RunFacts): Value {
  const ofTarget = target instanceof DictValue ? target : new DictValue();
  const dependencies = own(facts, "dependencies");
  const packages = isMap(dependencies) ? Object.entries(dependencies) : [];
  return projectObject(facts, {
    args: () => new MembersValue("Namespace", members([...flags].map(([name, value]) => [name.toLowerCase(), value]))),
    credentials: () => new MembersValue("Credentials", members(ofTarget.entries())),
    target_name: () => ofTarget.get("name") ?? null,
    threads: () => ofTarget.get("threads") ?? null,
    dependencies: () =>
      DictValue.of(packages.map(([name, each]) => [name, projectObject(isMap(each) ? each : {}, {})] as const)),
  });
}

function projectObject(facts: DataMap, more: Readonly<Record<string, () => Stored>>): Value {
  const vars = toValue(own(facts, "vars") ?? {});
  const provider = new MembersValue("VarProvider", {
    vars: () => vars,
    to_dict: () => hostFunction("to_dict", [], () => vars),
  });
  const plain = members(Object.entries(facts).map(([name, value]) => [name, toValue(value)]));
  return new MembersValue("RuntimeConfig", { ...plain, vars: () => provider, ...more });
}

function members(entries: Iterable<readonly [Value, Value]>): Readonly<Record<string, () => Value>> {
  return Object.fromEntries([...entries].map(([name, value]) => [String(name), () => value]));
}

/** `ref` and `source` as templates see them: functions that have the configuration of the run. */
export function withConfig(call: CallableValue, config: () => Value): ObjectValue {
  return new ObjectValue({
    typeName: "function",
    call,
    attribute: (name) => (name === "config" ? config() : undefined),
  });
}
