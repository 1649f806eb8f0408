import { type Frame, formatFrames, formatPosition, type Position } from "./position.ts";

/** A template cannot be read or rendered. `message` says what is wrong without the place; `toString` names both. */
export class TemplateError extends Error {
  override readonly name = "TemplateError";
  readonly at: Position;
  readonly frame: Frame | undefined;

  constructor(message: string, at: Position, frame?: Frame, options?: ErrorOptions) {
    super(message, options);
    this.at = at;
    this.frame = frame;
  }

  override toString(): string {
    return `${formatPosition(this.at)}: ${this.message}${formatFrames(this.frame)}`;
  }
}

/** An operation on values was refused. The interpreter turns it into a {@link TemplateError} with the place. */
export class EvaluationError extends Error {
  override readonly name = "EvaluationError";
}

/** A rendering has used up what it may. Nothing that answers a default in the place of an error may answer one for this. */
export class BudgetError extends EvaluationError {}

/** Whether an error must end the rendering, wherever it was met: what it may use up is used up, or memory or nesting is. */
export function endsRendering(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause as Error) {
    if (each instanceof BudgetError || each instanceof RangeError) return true;
  }
  return false;
}
