import { formatFrames, formatPosition } from "../../jinja/position.ts";
import { type Origin, Rendering } from "../../jinja/running/rendering.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import type { RefusedStatement } from "./messages.ts";

/** The server refused a statement. Where its text was rendered, the message begins with the place of the template. */
export class StatementError extends EvaluationError {
  readonly sqlState: string;

  constructor({ sqlState, message, position }: RefusedStatement, sql: string | Rendering) {
    const origin = position === undefined ? undefined : originOf(sql, position);
    super(origin === undefined ? message : `${formatPosition(origin.at)}: ${message}${formatFrames(origin.frame)}`);
    this.sqlState = sqlState;
  }
}

/** Where the character came from that the server counted from 1: `models/films.sql:3:8`, or a macro with the place of its call. */
function originOf(sql: string | Rendering, position: number): Origin | undefined {
  if (!(sql instanceof Rendering)) return undefined;
  const offset = [...sql.text].slice(0, position - 1).join("").length;
  return sql.origin(offset);
}
