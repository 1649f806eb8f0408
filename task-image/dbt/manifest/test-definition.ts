import { createHash } from "node:crypto";
import type { Position } from "../../jinja/position.ts";
import { ProblemError } from "../../jinja/problem.ts";
import { toSource, toText } from "../../jinja/values/text-form.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import { toValue } from "../project/template-values.ts";

/** A generic test as a properties file asks for it. */
export interface TestDefinition {
  /** `dbt_utils` of `dbt_utils.accepted_range`. */
  readonly namespace: string | null;
  readonly name: string;
  /** Arguments of its macro. */
  readonly kwargs: DataMap;
  readonly config: DataMap;
  readonly description: string;
  /** The name that it was given. */
  readonly title: string | undefined;
}

/** Settings that may stand among the arguments, in the order in which dbt writes them into a test's code. */
const CONFIG_KEYS = [
  "severity",
  "tags",
  "enabled",
  "where",
  "limit",
  "warn_if",
  "error_if",
  "fail_calc",
  "store_failures",
  "store_failures_as",
  "meta",
  "database",
  "schema",
  "alias",
];
/** Postgres' and the file's limit of names: longer ones are cut and hashed. */
const NAME_MAX = 63;
const NAME = /^(?:([a-zA-Z_]\w*)\.)?([a-zA-Z_]\w*)/;

/**
 * Reads one of the forms in which tests are written: a name; a map of one name to arguments, with `config`, `arguments` and `name`
 * among or beside them; or a map with `test_name`.
 *
 * @throws {ProblemError} for anything else.
 */
export function readTest(written: Data, at: Position): TestDefinition {
  const [test, given] = nameAndArguments(written, at);
  const [, namespace = null, name] = NAME.exec(test) ?? [];
  if (name === undefined) throw new ProblemError(`'${test}' is no name of a test`, at);
  const { config, arguments: inner, name: title, description, ...rest } = given;
  const listed = mapAt("arguments", inner, at);
  const settings = mapAt("config", config, at);
  for (const key of CONFIG_KEYS) {
    if (Object.hasOwn(rest, key) && Object.hasOwn(settings, key)) {
      throw new ProblemError(`test '${test}': '${key}' stands beside 'config' and in it: remove the one beside it`, at);
    }
  }
  const isSetting = (key: string) => CONFIG_KEYS.includes(key);
  const beside = Object.entries(rest).filter(([key]) => isSetting(key));
  const kwargs = { ...Object.fromEntries(Object.entries(rest).filter(([key]) => !isSetting(key))), ...listed };
  if (Object.hasOwn(kwargs, "model")) {
    throw new ProblemError(`test '${test}': 'model' is the tested node already, remove the argument`, at);
  }
  const allSettings = { ...Object.fromEntries(beside), ...settings };
  const keys = [
    ...CONFIG_KEYS.filter((key) => Object.hasOwn(allSettings, key)),
    ...Object.keys(settings).filter((key) => !isSetting(key)),
  ];
  const all = keys.map((key): [string, Data] => [key, allSettings[key] ?? null]).filter(([, value]) => value !== null);
  return {
    namespace,
    name,
    kwargs,
    config: Object.fromEntries(all),
    description: typeof description === "string" ? description : "",
    title: title === undefined || title === null ? undefined : String(title),
  };
}

function nameAndArguments(written: Data, at: Position): readonly [string, DataMap] {
  if (typeof written === "string") return [written, {}];
  if (!isMap(written)) throw new ProblemError("tests: expected the name of a test, or a name with arguments", at);
  const named = own(written, "test_name");
  if (named !== undefined) {
    const { test_name: _, ...rest } = written;
    return [String(named), rest];
  }
  const beside = ["config", "arguments", "name", "description"];
  const names = Object.keys(written);
  const [test, ...more] = names.length === 1 ? names : names.filter((key) => !beside.includes(key));
  if (test === undefined || more.length > 0) {
    throw new ProblemError(
      `tests: expected one name of a test, found ${names.join(", ")}: is something not indented?`,
      at,
    );
  }
  const { [test]: value = null, ...rest } = written;
  if (value !== null && !isMap(value)) throw new ProblemError(`test '${test}': expected its arguments by name`, at);
  return [test, { ...value, ...rest }];
}

function mapAt(key: string, value: Data | undefined, at: Position): DataMap {
  if (value === undefined || value === null) return {};
  if (isMap(value)) return value;
  throw new ProblemError(`test: expected keys and values under '${key}'`, at);
}

/** The names that dbt makes of a test's name, its target and its arguments. */
export interface TestNames {
  readonly full: string;
  /** At most 63 characters: the name of its file, and of its table. */
  readonly short: string;
}

export function testNames(
  { name, namespace }: TestDefinition,
  kwargs: DataMap,
  target: string,
  isSource: boolean,
): TestNames {
  const type = `${namespace === null ? "" : `${namespace}_`}${isSource ? "source_" : ""}${name}`;
  const identifier = `${type}_${target}`;
  const values = Object.keys(kwargs)
    .filter((key) => key !== "model")
    .sort((left, right) => (left < right ? -1 : 1))
    .flatMap((key) => partsOf(kwargs[key] ?? null));
  const unique = values.map((value) => toText(toValue(value)).replace(/[^0-9a-zA-Z_]+/g, "_")).join("__");
  const full = `${identifier}_${unique}`;
  return { full, short: full.length <= NAME_MAX ? full : `${identifier.slice(0, 30)}_${md5(full)}` };
}

function partsOf(value: Data): readonly Data[] {
  if (Array.isArray(value)) return value;
  return isMap(value) ? Object.values(value) : [value];
}

/** The end of a test's unique id: two tests of one name differ in their arguments. */
export function testHash(name: string, { name: test, namespace }: TestDefinition, kwargs: DataMap): string {
  const metadata = hashable({ namespace, name: test, kwargs });
  return md5(`${name}${toSource(toValue(metadata))}`).slice(-10);
}

function hashable(data: Data): Data {
  if (Array.isArray(data)) return data.map(hashable);
  if (!isMap(data)) return toText(toValue(data));
  const keys = Object.keys(data).sort((left, right) => (left < right ? -1 : 1));
  return Object.fromEntries(keys.map((key) => [key, hashable(data[key] ?? null)]));
}

/** Calls the test's macro, and configures the test with what was written for it. */
export function testCode({ name, namespace }: TestDefinition, config: DataMap): string {
  const macro = `${namespace === null ? "" : `${namespace}.`}test_${name}`;
  const settings = Object.entries(config).map(([key, value]) => `${key}=${literal(value)}`);
  const call = settings.length === 0 ? "" : `{{ config(${settings.join(",")}) }}`;
  return `{{ ${macro}(**_dbt_generic_test_kwargs) }}${call}`;
}

function literal(value: Data): string {
  return typeof value === "string" ? `"${value.replaceAll('"', '\\"')}"` : toText(toValue(value));
}

function md5(text: string): string {
  return createHash("md5").update(text).digest("hex");
}
