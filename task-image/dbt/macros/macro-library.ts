import { formatPosition } from "../../jinja/position.ts";
import type { Problem } from "../../jinja/problem.ts";
import { nearest } from "../../jinja/suggestion.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import type { MacroDefinition } from "./macro.ts";

/** The package that stands for dbt's own macros and those of the adapters. */
export const DBT_PACKAGE = "dbt";

/** What decides which macro a name means. */
export interface MacroPlaces {
  /** The project that runs; other packages are what it has installed. */
  readonly rootPackage: string;
  /** The adapter, then those that it builds upon: `["redshift", "postgres"]`. */
  readonly adapterTypes: readonly string[];
  /** `dispatch` of the root project: where macros of a namespace are looked for. */
  readonly searchOrders: ReadonlyMap<string, readonly string[]>;
}

/** Every macro of a project, its packages and dbt, by dbt's rules of which one a name means. */
export interface MacroLibrary {
  /** What a bare name means in a template of a package: the package's own macro, the root project's, then dbt's. */
  find(name: string, ofPackage: string): MacroDefinition | undefined;
  /** `dbt_utils.star`. In the package `dbt` the adapter's macros stand before dbt's. */
  findIn(packageName: string, name: string): MacroDefinition | undefined;
  /** Whether a bare name stands for a package, whose macros are its members. */
  isPackage(name: string): boolean;
  /**
   * `adapter.dispatch(name, namespace)` in a template of a package: packages outside, prefixes inside.
   *
   * @throws {EvaluationError} where there is no such macro, with the names that were looked for.
   */
  dispatch(name: string, namespace: string | undefined, ofPackage: string): MacroDefinition;
  /** What `dispatch` finds; undefined where it finds nothing. */
  findDispatched(name: string, namespace: string | undefined, ofPackage: string): MacroDefinition | undefined;
  /** A macro that the engine itself calls, such as `generate_schema_name`: the root project may replace dbt's, others may not. */
  findForEngine(name: string): MacroDefinition | undefined;
  /** Whether a macro is one of dbt's own or of its adapters'. */
  isOfDbt(definition: MacroDefinition): boolean;
  /** The macro of a materialization: the more special adapter first, then the root project, packages and dbt. */
  materialization(name: string): MacroDefinition | undefined;
  /** All of them, by unique id. */
  readonly macros: ReadonlyMap<string, MacroDefinition>;
}

type ByName = Map<string, MacroDefinition>;

/** Two macros of one name in one package are a problem, because a call could mean either. */
export function macroLibrary(
  places: MacroPlaces,
  definitions: Iterable<MacroDefinition>,
  problems: Problem[],
): MacroLibrary {
  const { rootPackage, adapterTypes, searchOrders } = places;
  const internal = [...adapterTypes.map((type) => `dbt_${type}`), DBT_PACKAGE];
  const macros = new Map<string, MacroDefinition>();
  const packages = new Map<string, ByName>();
  for (const definition of definitions) {
    const { uniqueId, packageName, name, at } = definition;
    const before = macros.get(uniqueId);
    if (before !== undefined) {
      problems.push({ message: `macro '${name}' is defined in ${formatPosition(before.at)} already: rename one`, at });
      continue;
    }
    macros.set(uniqueId, definition);
    const known = packages.get(packageName) ?? new Map<string, MacroDefinition>();
    packages.set(packageName, known.set(name, definition));
  }
  const builtin = joined([...internal].reverse().map((name) => packages.get(name)));

  const isInternal = (name: string) => internal.includes(name);
  const isPackage = (name: string) => name === DBT_PACKAGE || (packages.has(name) && !isInternal(name));
  const ownOf = (name: string, packageName: string) =>
    isInternal(packageName) ? undefined : packages.get(packageName)?.get(name);
  const find = (name: string, ofPackage: string) => {
    const replaced = ownOf(name, ofPackage) ?? ownOf(name, rootPackage);
    return replaced ?? (isPackage(name) ? undefined : builtin.get(name));
  };
  const findIn = (packageName: string, name: string) =>
    packageName === DBT_PACKAGE ? builtin.get(name) : ownOf(name, packageName);
  const findForEngine = (name: string) => ownOf(name, rootPackage) ?? builtin.get(name);

  const prefixed = (name: string) => [...adapterTypes, "default"].map((prefix) => `${prefix}__${name}`);
  const searchPlaces = (namespace: string | undefined) =>
    namespace === undefined
      ? [undefined]
      : (searchOrders.get(namespace) ?? (isPackage(namespace) ? [rootPackage, namespace] : []));

  const candidates = (name: string, namespace: string | undefined) =>
    searchPlaces(namespace).flatMap((place) => prefixed(name).map((each) => [place, each] as const));
  const dispatched = new Map<string, MacroDefinition | undefined>();
  const findDispatched = (name: string, namespace: string | undefined, ofPackage: string) => {
    const key = `${ofPackage}.${namespace ?? ""}.${name}`;
    if (!dispatched.has(key)) {
      const found = candidates(name, namespace).map(([place, each]) =>
        place === undefined ? find(each, ofPackage) : findIn(place, each),
      );
      dispatched.set(
        key,
        found.find((each) => each !== undefined),
      );
    }
    return dispatched.get(key);
  };

  return {
    macros,
    find,
    findIn,
    isPackage,
    findForEngine,
    isOfDbt: ({ packageName }) => isInternal(packageName),
    findDispatched,
    dispatch(name, namespace, ofPackage) {
      const found = findDispatched(name, namespace, ofPackage);
      if (found !== undefined) return found;
      const tried = candidates(name, namespace).map(([place, each]) =>
        place === undefined ? each : `${place}.${each}`,
      );
      throw new EvaluationError(notFound(name, namespace, tried, [...packages.keys(), DBT_PACKAGE]));
    },
    materialization(name) {
      for (const adapter of [...adapterTypes, "default"]) {
        const macro = `materialization_${name}_${adapter}`;
        const imported = [...packages].find(([owner, known]) => !isInternal(owner) && known.has(macro))?.[1].get(macro);
        const found = ownOf(macro, rootPackage) ?? builtin.get(macro) ?? imported;
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}

/** The macros of several packages as one; those of a later package win. */
function joined(packages: readonly (ByName | undefined)[]): ByName {
  return new Map(packages.flatMap((known) => [...(known ?? [])]));
}

function notFound(
  name: string,
  namespace: string | undefined,
  tried: readonly string[],
  packages: Iterable<string>,
): string {
  if (namespace !== undefined && tried.length === 0) {
    return `dispatch(): there is no package '${namespace}'${nearest(namespace, packages)}. Install it, or name its packages under 'dispatch' of dbt_project.yml`;
  }
  const within = namespace === undefined ? "" : ` of the namespace '${namespace}'`;
  return `dispatch(): there is no macro '${name}'${within}. Looked for ${tried.map((each) => `'${each}'`).join(", ")}`;
}
