import { ProblemError } from "../../jinja/problem.ts";
import { EvaluationError, endsRendering } from "../../jinja/template-error.ts";
import type { Value } from "../../jinja/values/value.ts";

/**
 * The value, or the default where it cannot be made of what was given.
 *
 * @throws what ends the rendering, and errors of this program: neither is answered by a default.
 */
export function orDefault(make: () => Value, fallback: Value): Value {
  try {
    return make();
  } catch (error) {
    if (endsRendering(error)) throw error;
    const isOfInput = [EvaluationError, ProblemError, SyntaxError].some((kind) => error instanceof kind);
    if (isOfInput) return fallback;
    throw error;
  }
}
