import { joinRenderings, Rendering } from "../../jinja/running/rendering.ts";
import { fail } from "../values/host-function.ts";

/** The comment that a session's statements carry: `adapter.execute` has it, and neither `add_query` nor BEGIN and COMMIT. */
export class QueryComment {
  readonly #append: boolean;
  #text = "";

  constructor(append: boolean) {
    this.#append = append;
  }

  /**
   * What the next statements carry; nothing when it is empty.
   *
   * @throws {EvaluationError} for a text that would end the comment.
   */
  set(text: string): void {
    if (text.includes("*/")) fail(`query-comment: expected a text without '*/', found '${text}'`);
    this.#text = text;
  }

  /** A statement with the comment. What it was rendered from stays known. */
  add(sql: string | Rendering): string | Rendering {
    if (this.#text === "") return sql;
    const comment = `/* ${this.#text.trim()} */`;
    if (!this.#append) return joined([`${comment}\n`, sql]);
    const text = sql instanceof Rendering ? sql.text : sql;
    const { length } = text.trimEnd().replace(/;$/, "");
    const isClosed = text.trimEnd().endsWith(";");
    return joined([sql.slice(0, length), `\n${comment}${isClosed ? ";" : ""}`]);
  }
}

function joined(parts: readonly (string | Rendering)[]): string | Rendering {
  return parts.some((part) => part instanceof Rendering) ? joinRenderings(parts) : parts.join("");
}
