import { bind } from "../../jinja/running/parameters.ts";
import { CallableValue, ObjectValue, type Value } from "../../jinja/values/value.ts";
import type { MacroDefinition } from "./macro.ts";
import type { MacroLibrary } from "./macro-library.ts";

/** Makes a macro something that can be called, with the variables that it sees. */
export type BindMacro = (definition: MacroDefinition) => CallableValue;

/** The macros as the templates of one package see them. What it gives for a name is the same at each call. */
export class MacroNamespace {
  readonly #library: MacroLibrary;
  readonly #package: string;
  readonly #bind: BindMacro;
  readonly #isVisible: (definition: MacroDefinition) => boolean;
  readonly #bound = new Map<MacroDefinition, CallableValue>();
  readonly #packages = new Map<string, ObjectValue>();
  readonly #overrides = new Map<string, CallableValue>();

  /** `isVisible` leaves out macros that have no name here; dispatch finds them all the same. */
  constructor(
    library: MacroLibrary,
    ofPackage: string,
    bindMacro: BindMacro,
    isVisible: (definition: MacroDefinition) => boolean = () => true,
  ) {
    this.#isVisible = isVisible;
    this.#library = library;
    this.#package = ofPackage;
    this.#bind = bindMacro;
  }

  /** A macro, or a package with its macros as members. */
  get(name: string): CallableValue | ObjectValue | undefined {
    const found = this.#library.find(name, this.#package);
    if (found !== undefined) return this.#isVisible(found) ? this.bound(found) : undefined;
    return this.#library.isPackage(name) ? this.#packageValue(name) : undefined;
  }

  /** Puts something in place of a macro, where it is called by the name of its package. */
  override(packageName: string, name: string, value: CallableValue): void {
    this.#overrides.set(`${packageName}.${name}`, value);
  }

  bound(definition: MacroDefinition): CallableValue {
    const found = this.#bound.get(definition) ?? this.#bind(definition);
    this.#bound.set(definition, found);
    return found;
  }

  /** `adapter.dispatch(name, namespace)`. */
  dispatchFunction(): CallableValue {
    return new CallableValue("dispatch", (given) => {
      const found = bind("dispatch()", ["macro_name", "macro_namespace?"], given);
      const namespace = found.value(1);
      return this.bound(
        this.#library.dispatch(found.text(0), typeof namespace === "string" ? namespace : undefined, this.#package),
      );
    });
  }

  #packageValue(name: string): ObjectValue {
    const member = (macro: string): Value | undefined => {
      const found = this.#library.findIn(name, macro);
      if (found === undefined || !this.#isVisible(found)) return undefined;
      return this.#overrides.get(`${name}.${macro}`) ?? this.bound(found);
    };
    const value = this.#packages.get(name) ?? new PackageValue(name, member);
    this.#packages.set(name, value);
    return value;
  }
}

/** `dbt_utils` in a template: a dict, whose `get(name, default)` looks for a macro that may be missing. */
class PackageValue extends ObjectValue {
  readonly #member: (name: string) => Value | undefined;
  readonly #get = new CallableValue("get", (given) => {
    const found = bind("get()", ["key", "default?"], given);
    const missing: Value = found.has(1) ? found.value(1) : null;
    return this.#member(found.text(0)) ?? missing;
  });

  constructor(name: string, member: (name: string) => Value | undefined) {
    super({ typeName: name });
    this.#member = member;
  }

  override attribute(name: string): Value | undefined {
    return this.#member(name) ?? (name === "get" ? this.#get : undefined);
  }

  override item(key: Value): Value | undefined {
    return typeof key === "string" ? this.#member(key) : undefined;
  }

  override has(key: Value): boolean {
    return this.item(key) !== undefined;
  }
}
