import { createHash } from "node:crypto";
import { ProblemError } from "../../jinja/problem.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { toText } from "../../jinja/values/text-form.ts";
import { type Data, type DataMap, isMap, own } from "../project/data.ts";
import type { ProjectSettings } from "../project/project-settings.ts";
import { toValue } from "../project/template-values.ts";
import type { DataPath } from "../project/yaml-document.ts";
import type { DraftTarget } from "./collect-drafts.ts";
import { mapOf } from "./columns.ts";
import { DEFAULTS } from "./config-fields.ts";
import { mergedConfig } from "./config-layers.ts";
import type { Draft } from "./draft.ts";
import { finalConfig } from "./final-config.ts";
import type { UnitTest, UnitTestRows, Version } from "./node.ts";
import { entriesOf, type Properties, textOf } from "./properties.ts";
import { compareVersions } from "./versions.ts";

/** What unit tests are read with. */
export interface UnitTestPlace {
  readonly root: ProjectSettings;
  readonly target: DraftTarget;
  readonly drafts: readonly Draft[];
  /** Rows in files of their own, by package and name: `films.rows_csv`. */
  readonly fixtures: ReadonlyMap<string, string>;
}

/**
 * The unit tests of an entry: one, or one for each version of its model.
 *
 * @throws {ProblemError} for a model or a fixture that is not there, and rows that cannot be read.
 */
export function readUnitTests(properties: Properties, place: UnitTestPlace): UnitTest[] {
  const { data, name, owner, position } = properties;
  const packageName = owner.settings.name;
  const model = textOf(data, "model", "");
  const versions = place.drafts.filter(
    ({ type, fields }) => type === "model" && fields.name === model && fields.package_name === packageName,
  );
  if (versions.length === 0) {
    const known = place.drafts.filter(({ type }) => type === "model").map(({ fields }) => fields.name);
    throw new ProblemError(
      `unit test '${name}': there is no model '${model}'${nearest(model, new Set(known))}`,
      position(["model"]),
    );
  }
  const wanted = versions.filter((draft) => isWanted(versionOf(draft), own(data, "versions")));
  return wanted.map((draft) => unitTest(properties, draft, place));
}

function unitTest(properties: Properties, draft: Draft, { root, target, fixtures, drafts }: UnitTestPlace): UnitTest {
  const { data, name, owner, file, position } = properties;
  const { settings } = owner;
  const version = versionOf(draft);
  const model = draft.fields.name;
  const folders = file.originalPath.split("/").slice(1, -1);
  const fqn = [settings.name, ...folders, model, name];
  const places = { owner: settings, root, section: "unit_tests", fqn } as const;
  const merged = mergedConfig(DEFAULTS.unit_test, places, { properties: mapOf(data, "config") });
  const rows = (from: DataMap, path: DataPath) =>
    readRows(from, (key) => fixtures.get(`${settings.name}.${key}`), properties, path);
  const given = entriesOf(properties, data, [], "given").map((each, index) => {
    const input = textOf(each, "input", "");
    const isSeed =
      (own(each, "rows") ?? own(each, "fixture") ?? null) === null && textOf(each, "format", "dict") === "dict";
    const filled = isSeed ? { ...each, rows: seedRows(input, drafts, settings.name) } : each;
    return { input, ...rows(filled, ["given", index]) };
  });
  const expect = own(data, "expect");
  if (!isMap(expect)) throw new ProblemError(`unit test '${name}': expected rows under 'expect'`, position());
  const overrides = own(data, "overrides");
  const suffix = version === null ? "" : `_v${version}`;
  const isIncremental = isMap(overrides) ? own(mapOf(overrides, "macros"), "is_incremental") : undefined;
  checkIncremental(
    properties,
    draft,
    isIncremental,
    given.map(({ input }) => input),
  );
  const test: UnitTest = {
    unique_id: `unit_test.${settings.name}.${model}.${name}${suffix}`,
    name,
    resource_type: "unit_test",
    package_name: settings.name,
    path: file.path,
    original_file_path: file.originalPath,
    fqn,
    model,
    given,
    expect: rows(expect, ["expect"]),
    overrides: isMap(overrides)
      ? { macros: mapOf(overrides, "macros"), vars: mapOf(overrides, "vars"), env_vars: mapOf(overrides, "env_vars") }
      : null,
    depends_on: { macros: [], nodes: [draft.id] },
    description: textOf(data, "description", ""),
    config: finalConfig("unit_test", draft.isEnabled ? merged : { ...merged, enabled: false }, position()),
    checksum: null,
    schema: draft.fields.schema,
    created_at: target.now,
    versions: own(data, "versions") ?? null,
    version,
  };
  return { ...test, checksum: checksumOf(test) };
}

/** A test of an incremental model says which of its two forms it tests. */
function checkIncremental(
  { name, position }: Properties,
  draft: Draft,
  isIncremental: Data | undefined,
  inputs: readonly string[],
): void {
  if (!draft.macros.has("macro.dbt.is_incremental")) return;
  if (typeof isIncremental !== "boolean") {
    throw new ProblemError(
      `unit test '${name}': the model is incremental, expected true or false under overrides.macros.is_incremental`,
      position(),
    );
  }
  if (isIncremental && !inputs.includes("this")) {
    throw new ProblemError(
      `unit test '${name}': expected rows for the input 'this', which is_incremental: true reads`,
      position(["given"]),
    );
  }
}

function versionOf({ extra }: Draft): Version | null {
  return (extra.version ?? null) as Version | null;
}

function isWanted(version: Version | null, filter: Data | undefined): boolean {
  if (version === null || !isMap(filter)) return true;
  const has = (key: string) => {
    const list = own(filter, key);
    return Array.isArray(list) ? list.some((each: Data) => compareVersions(each as Version, version) === 0) : undefined;
  };
  return (has("include") ?? true) && !(has("exclude") ?? false);
}

/** An input without rows has those of its seed. */
function seedRows(input: string, drafts: readonly Draft[], packageName: string): readonly DataMap[] {
  const [, owner = packageName, name] = /^\s*ref\(\s*(?:['"](\w+)['"]\s*,\s*)?['"](\w+)['"]\s*\)\s*$/.exec(input) ?? [];
  const seed = drafts.find(
    ({ type, fields }) => type === "seed" && fields.name === name && fields.package_name === owner,
  );
  return seed === undefined ? [] : csvRows(seed.file.text);
}

/** Rows of a properties file or of a fixture. */
function readRows(
  data: DataMap,
  fixtureText: (name: string) => string | undefined,
  { position, name }: Properties,
  path: DataPath,
): UnitTestRows {
  const format = textOf(data, "format", "dict");
  if (format !== "dict" && format !== "csv" && format !== "sql") {
    throw new ProblemError(
      `unit test '${name}': format: expected dict, csv or sql, found '${format}'`,
      position([...path, "format"]),
    );
  }
  const fixture = own(data, "fixture") ?? null;
  const written =
    fixture === null ? (own(data, "rows") ?? null) : (fixtureText(`${String(fixture)}.${format}`) ?? null);
  if (fixture !== null && written === null) {
    throw new ProblemError(
      `unit test '${name}': there is no file ${String(fixture)}.${format} below the fixtures folder of the tests`,
      position([...path, "fixture"]),
    );
  }
  const rows = rowsOf(written, format);
  if (rows === undefined) {
    throw new ProblemError(
      `unit test '${name}': rows: expected ${format === "dict" ? "a list of maps" : "text"}`,
      position([...path, "rows"]),
    );
  }
  return { rows, format, fixture: fixture === null ? null : String(fixture) };
}

function rowsOf(written: Data, format: "dict" | "csv" | "sql"): UnitTestRows["rows"] | undefined {
  if (format === "sql") return typeof written === "string" ? written : undefined;
  if (format === "csv") return typeof written === "string" ? wholeRowFirst(csvRows(written)) : undefined;
  return Array.isArray(written) && written.every(isMap) ? wholeRowFirst(written) : undefined;
}

/** CSV as Python's reader takes it; empty cells are NULL. */
export function csvRows(text: string): DataMap[] {
  const [header = [], ...records] = csvRecords(text);
  return records.map((record) =>
    Object.fromEntries(header.map((name, index): [string, Data] => [name, record[index] || null])),
  );
}

const CELL = /(?:"((?:[^"]|"")*)"|([^,\n\r]*))(,|\r?\n|$)/g;

/** Records without those that are empty lines. */
function csvRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain = "", end = ""] of text.matchAll(CELL)) {
    record.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
    if (end === ",") continue;
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
    if (end === "") break;
  }
  return records;
}

/** The first row without NULL stands first: some warehouses take the types of columns from it. */
function wholeRowFirst(rows: readonly DataMap[]): readonly DataMap[] {
  const index = rows.findIndex((row) => Object.values(row).every((value) => value !== null));
  const [first, whole] = [rows[0], rows[index]];
  return first === undefined || whole === undefined ? rows : rows.with(0, whole).with(index, first);
}

/** What changes when the test does. */
function checksumOf({ model, given, expect, overrides }: UnitTest): string {
  const parts = [model, given, expect, overrides].map((part) => toText(toValue(part as unknown as Data)));
  return createHash("sha256").update(parts.join("-")).digest("hex");
}
