import type { Position } from "../../jinja/position.ts";
import { collectProblem, type Problem, ProblemError } from "../../jinja/problem.ts";
import type { Scope } from "../../jinja/running/scope.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import { type Data, type DataMap, own } from "../project/data.ts";
import { renderText } from "../project/rendered-yaml.ts";
import type { DataPath } from "../project/yaml-document.ts";
import type { DraftTarget } from "./collect-drafts.ts";
import { type DescribedColumn, textsOf } from "./columns.ts";
import { type Description, testsOf } from "./describe.ts";
import { Draft, fqnOf } from "./draft.ts";
import type { RefArgs } from "./node.ts";
import { type ParseWorld, parseScope } from "./parse-context.ts";
import type { Properties } from "./properties.ts";
import { readTest, type TestDefinition, testCode, testHash, testNames } from "./test-definition.ts";
import { findTestMacro, missingTest } from "./test-macro.ts";

/** What a generic test tests. */
export interface TestTarget {
  readonly properties: Properties;
  /** In the test's name: the model's, or the source's and the table's. */
  readonly name: string;
  /** `ref('films')`, `source('raw', 'films')`. */
  readonly reference: string;
  /** What that means. */
  readonly to: RefArgs | readonly [string, string];
  readonly isSource: boolean;
  readonly draft: Draft | undefined;
  readonly columns: readonly DescribedColumn[];
  readonly quotesColumns: boolean;
  /** Of the source and its table. */
  readonly tags: readonly string[];
  readonly tests: readonly Data[];
  readonly testsPath: DataPath;
}

/** A generic test with what its template is called with. */
export interface GenericTest {
  readonly draft: Draft;
  readonly kwargs: DataMap;
  /** Missing where no package has the test: it fails when it runs. */
  readonly macro: MacroDefinition | undefined;
  readonly to: TestTarget["to"];
}

export function targetOf({ properties, draft, columns, tests, testsPath, version }: Description): TestTarget {
  const { name, data } = properties;
  return {
    properties,
    name: version === null ? name : `${name}_v${version}`,
    reference: version === null ? `ref('${name}')` : `ref('${name}', version='${version}')`,
    to: { name, package: null, version },
    isSource: false,
    draft,
    columns,
    quotesColumns: own(data, "quote_columns") === true,
    tags: [],
    tests,
    testsPath,
  };
}

/** Makes the tests that properties files ask for. */
export class TestMaker {
  readonly #world: ParseWorld;
  readonly #target: DraftTarget;
  readonly #problems: Problem[];
  readonly #warnings: Problem[];
  readonly #scopes = new Map<string, Scope>();
  readonly #seen = new Map<string, Position>();

  constructor(
    world: ParseWorld,
    target: DraftTarget,
    found: { readonly problems: Problem[]; readonly warnings: Problem[] },
  ) {
    this.#world = world;
    this.#target = target;
    this.#problems = found.problems;
    this.#warnings = found.warnings;
  }

  /** Tests of the columns first, then those of the whole node, as in dbt. */
  make(target: TestTarget): GenericTest[] {
    const ofColumns = target.columns.flatMap((column) => this.#ofColumn(target, column));
    return [...ofColumns, ...this.#all(target, target.tests, target.testsPath, undefined)];
  }

  #ofColumn(target: TestTarget, column: DescribedColumn): GenericTest[] {
    const found = collectProblem(this.#problems, () => testsOf(target.properties, column.data, column.path));
    if (found === undefined) return [];
    const [key, tests] = found;
    return this.#all(target, tests, [...column.path, key], column);
  }

  #all(target: TestTarget, tests: readonly Data[], path: DataPath, column: DescribedColumn | undefined): GenericTest[] {
    return tests.flatMap((written, index) => {
      const at = target.properties.position([...path, index]);
      return collectProblem(this.#problems, () => this.#one(target, written, column, at)) ?? [];
    });
  }

  #one(target: TestTarget, written: Data, column: DescribedColumn | undefined, at: Position): GenericTest {
    const { properties } = target;
    const { owner, file, section } = properties;
    const packageName = owner.settings.name;
    const definition = readTest(written, at);
    const macro = findTestMacro(definition, packageName, this.#world.library);
    if (macro === undefined) this.#warnings.push({ message: missingTest(definition, this.#world.library), at });
    const kwargs = this.#kwargs(definition, target, column);
    const names = testNames(definition, kwargs, target.name, target.isSource);
    const full = definition.title ?? names.full;
    const short = definition.title ?? names.short;
    const rendered = this.#config(definition, packageName, at);
    const config = short === full || Object.hasOwn(rendered, "alias") ? rendered : { ...rendered, alias: short };
    const uniqueId = `test.${packageName}.${full}.${testHash(full, definition, kwargs)}`;
    this.#checkTwins(uniqueId, at);
    const path = file.originalPath.split("/").slice(1).join("/");
    const draft = new Draft(
      {
        type: "test",
        owner,
        file,
        name: full,
        path: `${short}.sql`,
        fqn: fqnOf(packageName, path, full),
        rawCode: testCode(definition, config),
        at,
        uniqueId,
        extra: {
          column_name: column === undefined ? null : this.#columnName(target, column),
          file_key_name: `${section}.${properties.name}`,
          attached_node: target.draft?.id ?? null,
          test_metadata: { name: definition.name, kwargs, namespace: definition.namespace },
        },
      },
      this.#target,
    );
    draft.fields.checksum = { name: "none", checksum: "" };
    draft.fields.description = definition.description;
    draft.fields.tags = [
      ...new Set([...target.tags, ...(column?.info.tags ?? []), ...textsOf(own(config, "tags"))]),
    ].sort();
    draft.fields.group = target.draft?.fields.group ?? null;
    draft.call = config;
    if (macro !== undefined) draft.macros.add(macro.uniqueId);
    return { draft, kwargs, macro, to: target.to };
  }

  #kwargs({ kwargs }: TestDefinition, target: TestTarget, column: DescribedColumn | undefined): DataMap {
    const named = column === undefined ? {} : { column_name: this.#columnName(target, column) };
    return { ...kwargs, ...named, model: `{{ get_where_subquery(${target.reference}) }}` };
  }

  #columnName(target: TestTarget, { info }: DescribedColumn): string {
    const isQuoted = info.quote ?? target.quotesColumns;
    return isQuoted ? this.#world.host.quote(info.name) : info.name;
  }

  #config({ config }: TestDefinition, packageName: string, at: Position): DataMap {
    const scope = this.#scopes.get(packageName) ?? parseScope(this.#world, packageName);
    this.#scopes.set(packageName, scope);
    const rendered = Object.entries(config).map(([key, value]): [string, Data] => [
      key,
      typeof value === "string" ? renderText(value, scope, () => at) : value,
    ]);
    return Object.fromEntries(rendered.filter(([, value]) => value !== null));
  }

  #checkTwins(uniqueId: string, at: Position): void {
    const before = this.#seen.get(uniqueId);
    this.#seen.set(uniqueId, before ?? at);
    if (before === undefined) return;
    throw new ProblemError(
      `this test stands in line ${before.line} of ${before.file} already: remove one, or give one of them a 'name'`,
      at,
    );
  }
}
