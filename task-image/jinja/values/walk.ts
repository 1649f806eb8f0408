import { charge } from "../budget.ts";
import { EvaluationError } from "../template-error.ts";

const DEPTH_MAX = 100;
const ITEMS_MAX = 500_000;

/** A walk through a value. It ends with an error for a list that holds itself, or one list so often that the walk would not end. */
export class Walk {
  #depth = 0;
  #items = 0;

  /** Visits the inside of a list, tuple or dict. */
  within<T>(visit: () => T): T {
    charge(1);
    this.#depth += 1;
    this.#items += 1;
    if (this.#depth > DEPTH_MAX || this.#items > ITEMS_MAX) {
      throw new EvaluationError("a list that holds itself, or lists nested too deeply, cannot be printed or compared");
    }
    const result = visit();
    this.#depth -= 1;
    return result;
  }
}
