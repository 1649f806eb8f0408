import { collectProblem, type Problem, sortProblems, startOf } from "../../jinja/problem.ts";
import { Scope } from "../../jinja/running/scope.ts";
import type { MacroDefinition } from "../macros/macro.ts";
import { reachableMacros } from "../macros/macro-calls.ts";
import { readMacroFile } from "../macros/macro-file.ts";
import { type MacroLibrary, macroLibrary } from "../macros/macro-library.ts";
import type { DataMap } from "../project/data.ts";
import { projectFacts } from "../project/project-facts.ts";
import { type ProjectPackage, readPackages } from "../project/project-package.ts";
import { envVarFunction, varFunction } from "../project/template-functions.ts";
import { variablesOf } from "../project/variables.ts";
import { collectDrafts, modelFqn, pythonModels } from "./collect-drafts.ts";
import { mapOf } from "./columns.ts";
import { DEFAULTS } from "./config-fields.ts";
import { mergedConfig } from "./config-layers.ts";
import { configure } from "./configure.ts";
import { type Description, DraftIndex, describeDrafts } from "./describe.ts";
import { Descriptions, readDocs } from "./docs.ts";
import { baseName, type Draft } from "./draft.ts";
import { readExposure, readGroup } from "./exposures.ts";
import { finishManifest } from "./finish-manifest.ts";
import { type GenericTest, TestMaker, targetOf } from "./generic-tests.ts";
import type { ManifestInput, ReadProject, UnlinkedProject } from "./manifest-input.ts";
import { Naming } from "./naming.ts";
import { type ParseWorld, parseScope } from "./parse-context.ts";
import { type Properties, readProperties } from "./properties.ts";
import { renderDraft, renderGenericTest, renderHooks, scopeOfDraft } from "./render-draft.ts";
import { readSource, type SourceTable, sourceTwins } from "./sources.ts";
import { readUnitTests } from "./unit-tests.ts";

/** Reads a project with its packages: every node, what it is configured to be, and what it reads. */
export function readManifest(input: ManifestInput): ReadProject {
  return new ManifestReader(input).read();
}

class ManifestReader {
  readonly #input: ManifestInput;
  readonly #problems: Problem[] = [];
  readonly #warnings: Problem[] = [];
  readonly #packages: readonly ProjectPackage[];
  readonly #library: MacroLibrary;
  readonly #world: ParseWorld;
  readonly #naming: Naming;
  readonly #visible = new Map<string, ReadonlySet<string>>();

  constructor(input: ManifestInput) {
    const { host, environment, tree, vars } = input;
    this.#input = input;
    this.#packages = readPackages(tree, settingsScope(input), this.#problems);
    this.#library = this.#readMacros();
    const root = this.#packages[0];
    const variables = new Map(
      root === undefined
        ? []
        : this.#packages.map((each) => [each.settings.name, variablesOf(each, root, vars)] as const),
    );
    this.#world = {
      host,
      environment,
      library: this.#library,
      rootPackage: root?.settings.name ?? "",
      quoting: root?.settings.quoting ?? {},
      config: host.runtimeConfig(projectFacts(this.#packages, host.adapterTypes, vars)),
      variables: (packageName) => variables.get(packageName) ?? ({} satisfies DataMap),
    };
    this.#naming = new Naming(this.#world);
  }

  read(): ReadProject {
    const [root] = this.#packages;
    const parts = root === undefined ? this.#nothing() : this.#readParts(root);
    const docs = new Map(
      this.#packages.flatMap((each) => readDocs(each, this.#problems)).map((doc) => [doc.unique_id, doc]),
    );
    const descriptions = new Descriptions(docs, this.#world.rootPackage, (name) => parseScope(this.#world, name));
    const warnings = this.#warnings;
    const manifest = finishManifest(parts, {
      docs,
      descriptions,
      world: this.#world,
      problems: this.#problems,
      warnings,
    });
    return {
      manifest,
      library: this.#library,
      packages: this.#packages,
      problems: sortProblems(this.#problems),
      warnings: sortProblems(warnings),
    };
  }

  #nothing(): UnlinkedProject {
    const none = {
      drafts: [],
      broken: [],
      tests: [],
      sources: [],
      exposures: [],
      groups: [],
      unitTests: [],
      properties: [],
    };
    return { packages: this.#packages, library: this.#library, ...none };
  }

  #readParts(root: ProjectPackage): UnlinkedProject {
    const { target, host } = this.#input;
    const properties = this.#packages.flatMap((each) =>
      readProperties(each, parseScope(this.#world, each.settings.name), this.#problems),
    );
    const of = (section: Properties["section"]) => properties.filter((each) => each.section === section);
    const drafts = this.#packages.flatMap((owner) =>
      collectDrafts(
        owner,
        properties.filter((each) => each.owner === owner),
        target,
        this.#problems,
      ),
    );
    this.#refusePython(root, of("models"));
    const scopes = new Map(drafts.map((draft) => [draft, scopeOfDraft(draft, this.#world)]));
    const rendered = drafts.filter((draft) => this.#collect(() => this.#render(draft, scopes.get(draft), root)));
    const described = describeDrafts(properties, new DraftIndex(rendered), this.#problems);
    const whole = rendered.filter((draft) => this.#collect(() => this.#place(draft, scopes.get(draft), root)));
    const overrides = of("sources").filter(({ data }) => typeof data.overrides === "string");
    const sources = of("sources")
      .filter((each) => !overrides.includes(each))
      .flatMap((each) => {
        const found = overrides.find(
          ({ data, name }) => data.overrides === each.owner.settings.name && name === each.name,
        );
        return readSource(each, found?.data, { root: root.settings, target, host }, this.#problems);
      });
    this.#problems.push(...sourceTwins(sources));
    const fixtures = new Map(
      this.#packages.flatMap((owner) =>
        owner
          .files(["tests"], [".csv", ".sql"])
          .filter(({ path }) => path.startsWith("fixtures/"))
          .map(
            ({ path, text }) =>
              [`${owner.settings.name}.${baseName(path)}.${path.replace(/^.*\./, "")}`, text] as const,
          ),
      ),
    );
    const unitTests = of("unit_tests").flatMap(
      (each) =>
        this.#collectValue(() => readUnitTests(each, { root: root.settings, target, drafts: whole, fixtures })) ?? [],
    );
    return {
      packages: this.#packages,
      library: this.#library,
      drafts: whole,
      broken: drafts.filter((draft) => !whole.includes(draft)),
      tests: this.#readTests(root, described, sources),
      sources,
      exposures: of("exposures").flatMap(
        (each) => this.#collectValue(() => readExposure(each, root.settings, this.#world, target)) ?? [],
      ),
      groups: of("groups").flatMap((each) => this.#collectValue(() => readGroup(each)) ?? []),
      unitTests,
      properties,
    };
  }

  #readMacros(): MacroLibrary {
    const [root] = this.#packages;
    const own = this.#packages.flatMap((each) => {
      const files = [
        ...each.files(["macros"], [".sql"]),
        ...each.files(["tests"], [".sql"]).filter(({ path }) => path.startsWith("generic/")),
      ];
      return files.flatMap(
        ({ fullPath, text }) => this.#collectValue(() => readMacroFile(each.settings.name, fullPath, text)) ?? [],
      );
    });
    const places = {
      rootPackage: root?.settings.name ?? "",
      adapterTypes: this.#input.host.adapterTypes,
      searchOrders: root?.settings.searchOrders ?? new Map(),
    };
    return macroLibrary(places, [...this.#input.dbtMacros, ...own], this.#problems);
  }

  /** Renders a node: what it reads, and whether it is enabled as far as its properties do not say otherwise. */
  #render(draft: Draft, scope: Scope | undefined, root: ProjectPackage): void {
    configure(draft, root.settings);
    if (draft.type !== "seed" && scope !== undefined) renderDraft(draft, scope);
    configure(draft, root.settings);
  }

  /** Says what a node is and where it goes, when its properties are known. */
  #place(draft: Draft, scope: Scope | undefined, root: ProjectPackage): void {
    configure(draft, root.settings);
    this.#naming.name(draft);
    if (scope !== undefined) renderHooks(draft, scope);
  }

  #readTests(root: ProjectPackage, described: readonly Description[], sources: readonly SourceTable[]): GenericTest[] {
    const maker = new TestMaker(this.#world, this.#input.target, {
      problems: this.#problems,
      warnings: this.#warnings,
    });
    const ofNodes = described
      .filter(({ draft, properties }) => draft.isEnabled && TESTED.has(properties.section))
      .map(targetOf);
    const ofSources = sources.filter(({ isEnabled }) => isEnabled).map(({ tests }) => tests);
    const made = [...ofNodes, ...ofSources].flatMap((target) => maker.make(target));
    return made.filter((test) => this.#collect(() => this.#readTest(test, root)));
  }

  /** Tests of dbt's own that refer to nothing but the node need no rendering: most tests are of these. */
  #readTest({ draft, kwargs, macro, to }: GenericTest, root: ProjectPackage): void {
    if (macro !== undefined && PLAIN_TESTS.has(macro.uniqueId)) {
      if ("name" in to) draft.refs.push({ to, at: draft.at });
      else draft.sources.push({ to, at: draft.at });
    } else {
      const scope = scopeOfDraft(draft, this.#world, macro && this.#visibleTo(macro));
      configure(draft, root.settings);
      draft.call = {};
      renderGenericTest(draft, scope, kwargs);
    }
    configure(draft, root.settings);
    this.#naming.name(draft);
  }

  /** In the arguments of a test dbt knows the macros that the test itself calls; others are called when the test runs. */
  #visibleTo(macro: MacroDefinition): ReadonlySet<string> {
    const where = this.#library.findForEngine("get_where_subquery");
    const found =
      this.#visible.get(macro.uniqueId) ??
      reachableMacros(where === undefined ? [macro] : [macro, where], this.#library);
    this.#visible.set(macro.uniqueId, found);
    return found;
  }

  /** Python models cannot run here: those that are not disabled are a problem before anything runs. */
  #refusePython(root: ProjectPackage, models: readonly Properties[]): void {
    for (const owner of this.#packages) {
      for (const file of pythonModels(owner)) {
        const properties = models.find((each) => each.owner === owner && each.name === baseName(file.path));
        const places = {
          owner: owner.settings,
          root: root.settings,
          section: "models",
          fqn: modelFqn(owner, file),
        } as const;
        const config = mergedConfig(DEFAULTS.model, places, {
          properties: properties && mapOf(properties.data, "config"),
        });
        if (config.enabled === false) continue;
        this.#problems.push({
          message:
            "Python models cannot run here: write the model in SQL, or run the project in a 'container' node with an image of dbt",
          at: startOf(file.fullPath),
        });
      }
    }
  }

  #collect(work: () => void): boolean {
    return (
      this.#collectValue(() => {
        work();
        return true;
      }) === true
    );
  }

  #collectValue<T>(work: () => T): T | undefined {
    return collectProblem(this.#problems, work);
  }
}

const TESTED: ReadonlySet<string> = new Set(["models", "seeds", "snapshots"]);
const PLAIN_TESTS: ReadonlySet<string> = new Set(["macro.dbt.test_not_null", "macro.dbt.test_unique"]);

/** What templates in dbt_project.yml and selectors.yml see: no macros, and the variables that the node was given. */
export function settingsScope({ host, environment, vars }: ManifestInput): Scope {
  const scope = new Scope(undefined, host.shared);
  scope.set("var", varFunction(vars));
  scope.set("env_var", envVarFunction(environment));
  return scope;
}
