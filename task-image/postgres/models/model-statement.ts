import { isServerError, type ServerError } from "../failure.ts";
import type { Session } from "../session.ts";

/** A statement with a model's SQL inside that the server refused. */
export class ModelStatementError extends Error {
  override readonly name = "ModelStatementError";
  override readonly cause: ServerError;
  /** Where in the model's SQL, in UTF-16 code units; undefined when the server named no place or one outside of it. */
  readonly offset: number | undefined;

  constructor(cause: ServerError, offset: number | undefined) {
    super(cause.message);
    this.cause = cause;
    this.offset = offset;
  }
}

/** Runs `head (sql)`. The parentheses stand on lines of their own, so that a comment at the end of the SQL ends with it. */
export async function runModelStatement(session: Session, head: string, sql: string): Promise<number> {
  const before = `${head} (\n`;
  try {
    const { rowCount } = await session.query(`${before}${sql}\n)`);
    return rowCount ?? 0;
  } catch (error) {
    throw isServerError(error) ? new ModelStatementError(error, offsetInModel(error, before, sql)) : error;
  }
}

/** The server counts characters from 1 through the whole statement. */
function offsetInModel({ position }: ServerError, before: string, sql: string): number | undefined {
  if (position === undefined) return undefined;
  const characters = Number(position) - 1 - [...before].length;
  if (characters < 0) return undefined;
  const offset = [...sql].slice(0, characters).join("").length;
  return offset < sql.length ? offset : undefined;
}
