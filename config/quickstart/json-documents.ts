/** Cuts what `kubectl get --watch --output json` writes into documents: each ends with a brace at the beginning of a line. */
export class JsonDocuments {
  #lines: string[] = [];

  /** Takes a line without its end; returns the document that it completes. */
  add(line: string): unknown {
    this.#lines.push(line);
    if (line !== "}") return undefined;
    const document = JSON.parse(this.#lines.join("\n")) as unknown;
    this.#lines = [];
    return document;
  }
}
