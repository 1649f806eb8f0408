import { formatPosition } from "../../jinja/position.ts";
import { Rendering } from "../../jinja/running/rendering.ts";
import { EvaluationError } from "../../jinja/template-error.ts";
import type { RefusedStatement } from "./messages.ts";

/** The server refused a statement. Where its text was rendered, the message begins with the place of the template. */
export class StatementError extends EvaluationError {
  readonly sqlState: string;

  constructor({ sqlState, message, position }: RefusedStatement, sql: string | Rendering) {
    const place = position === undefined ? undefined : placeOf(sql, position);
    super(place === undefined ? message : `${place}: ${message}`);
    this.sqlState = sqlState;
  }
}

/** `models/films.sql:3:8`: where the character came from that the server counted from 1. */
function placeOf(sql: string | Rendering, position: number): string | undefined {
  if (!(sql instanceof Rendering)) return undefined;
  const offset = [...sql.text].slice(0, position - 1).join("").length;
  const origin = sql.origin(offset);
  return origin === undefined ? undefined : formatPosition(origin.at);
}
