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
