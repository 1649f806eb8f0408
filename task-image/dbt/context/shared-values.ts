import { BUILTINS } from "../../jinja/running/builtins.ts";
import { bind } from "../../jinja/running/parameters.ts";
import type { Source } from "../../jinja/running/scope.ts";
import { saidArgument } from "../../jinja/said-text.ts";
import { isTrue } from "../../jinja/values/comparison.ts";
import { DictValue } from "../../jinja/values/dict-value.ts";
import { CallableValue, type ObjectValue, type Stored, type Value } from "../../jinja/values/value.ts";
import { ColumnClass } from "../adapter/column.ts";
import type { ColumnDialect } from "../adapter/column-dialect.ts";
import type { RelationClass } from "../adapter/relation-class.ts";
import { DatetimeValue } from "../values/datetime.ts";
import { type Clock, datetimeModule, PYTZ } from "../values/datetime-module.ts";
import { hostFunction, MembersValue } from "../values/host-function.ts";
import { ITERTOOLS } from "../values/itertools.ts";
import { RE } from "../values/regular-expressions.ts";
import { UTC } from "../values/time-zone.ts";
import { CONVERSIONS } from "./conversions.ts";
import { DBT_VERSION } from "./dbt-version.ts";
import { exceptionsObject } from "./exceptions.ts";

/** What is the same for all templates of a run. */
export interface Surroundings {
  /** `target`: name, schema, database, type, threads, … */
  readonly target: DictValue;
  /** `flags.FULL_REFRESH` and its like, in capitals. */
  readonly flags: ReadonlyMap<string, Value>;
  readonly invocationId: string;
  /** Microseconds of UTC since 1970. */
  readonly startedAt: bigint;
  readonly clock: Clock;
  /** `thread_id`. */
  readonly thread: string;
  readonly relations: RelationClass;
  readonly columns: ColumnDialect;
  readonly log: (message: string, isInfo: boolean) => void;
  readonly warn: (message: string) => void;
}

/** Names that every template sees, whatever it belongs to. */
export function sharedValues(surroundings: Surroundings): Source {
  const { target, invocationId, startedAt, clock, relations, log, warn } = surroundings;
  const columnClass = new ColumnClass(surroundings.columns);
  const modules = new MembersValue("modules", {
    datetime: () => datetimeModule(clock),
    pytz: () => PYTZ,
    re: () => RE,
    itertools: () => ITERTOOLS,
  });
  const api = new MembersValue("api", { Relation: () => relations, Column: () => columnClass });
  const write = (name: string) =>
    new CallableValue(name, (given, site) => {
      const isInfo = bind(`${name}()`, ["msg?", "info?"], given).value(1, false);
      log(saidArgument(given, site, 0, "msg"), name === "print" || isTrue(isInfo));
      return "";
    });
  const values = new Map<string, Stored>([
    ...BUILTINS.map((builtin) => [builtin.name, builtin] as const),
    ...CONVERSIONS,
    ["modules", modules],
    ["api", api],
    ["column", columnClass],
    ["target", target],
    ["env", target],
    ["flags", flagsObject(surroundings.flags)],
    ["exceptions", exceptionsObject(warn)],
    ["log", write("log")],
    ["print", write("print")],
    ["debug", hostFunction("debug", [], () => "")],
    ["invocation_id", invocationId],
    ["run_started_at", DatetimeValue.at(startedAt, UTC)],
    ["dbt_version", DBT_VERSION],
    ["thread_id", surroundings.thread],
    ["dbt_metadata_envs", new DictValue()],
    [
      "invocation_args_dict",
      DictValue.of([...surroundings.flags].map(([name, value]) => [name.toLowerCase(), value] as const)),
    ],
  ]);
  return { get: (name) => values.get(name), names: () => values.keys() };
}

function flagsObject(flags: ReadonlyMap<string, Value>): ObjectValue {
  return new MembersValue("flags", Object.fromEntries([...flags].map(([name, value]) => [name, () => value] as const)));
}
