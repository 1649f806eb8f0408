import type { Stored } from "./value.ts";

/** The variables of a template, a loop pass or a macro call. What is not found here is looked up further outside. */
export class Scope {
  readonly #variables = new Map<string, Stored>();
  readonly #outer: Scope | undefined;

  constructor(outer?: Scope) {
    this.#outer = outer;
  }

  get(name: string): Stored | undefined {
    let scope: Scope | undefined = this;
    while (scope !== undefined) {
      const value = scope.#variables.get(name);
      if (value !== undefined) return value;
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
    return new Set([...this.#variables.keys(), ...(this.#outer?.names() ?? [])]);
  }
}
