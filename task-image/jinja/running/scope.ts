import type { Stored } from "../values/value.ts";

/** Variables that are made when somebody asks for them. */
export interface Source {
  /** The value of a name, the same one at each call; undefined when there is none. */
  readonly get: (name: string) => Stored | undefined;
  /** Every name that has a value. */
  readonly names: () => Iterable<string>;
}

/** The variables of a template, a loop pass or a macro call. What is not found here is looked up further outside. */
export class Scope {
  readonly #variables = new Map<string, Stored>();
  readonly #outer: Scope | undefined;
  readonly #source: Source | undefined;

  /** A variable that is set stands before one of the source. */
  constructor(outer?: Scope, source?: Source) {
    this.#outer = outer;
    this.#source = source;
  }

  get(name: string): Stored | undefined {
    let scope: Scope | undefined = this;
    while (scope !== undefined) {
      const value = scope.#variables.get(name);
      if (value !== undefined) return value;
      const made = scope.#source?.get(name);
      if (made !== undefined) return made;
      scope = scope.#outer;
    }
    return undefined;
  }

  /** Sets a variable here, never further outside. */
  set(name: string, value: Stored): void {
    this.#variables.set(name, value);
  }

  /** Every name that can be used here. */
  names(): Set<string> {
    return new Set([...this.#variables.keys(), ...(this.#source?.names() ?? []), ...(this.#outer?.names() ?? [])]);
  }
}
