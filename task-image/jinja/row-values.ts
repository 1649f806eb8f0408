import { hidden } from "../words/hidden-text.ts";

/*
 * What a template says may hold values of rows, once it has read some by a query: from then on its messages show the text that stands in
 * the template itself and names of the node, and hide all that was computed.
 *
 * | what a message is made of                                  | before rows were read | afterwards |
 * |------------------------------------------------------------|-----------------------|------------|
 * | text of the template: literals that are joined or formatted, text of a block | shown | shown    |
 * | an expression that is the name of the node or of its relation | shown              | shown      |
 * | any other expression, a variable with a text among them    | shown                 | hidden     |
 *
 * Queries of the adapter itself read the catalog, which holds names and no rows.
 */
const INSTEAD = "…";

let names: ReadonlySet<string> = new Set();
let areRead = false;
let catalog = 0;

/** Another node begins: no row has been read for it, and its names may be told. */
export function beginWithoutRows(known: Iterable<string> = []): void {
  names = new Set(known);
  areRead = false;
}

/** A query has answered rows to the template. */
export function noteRows(): void {
  areRead ||= catalog === 0;
}

/** Runs what asks the catalog alone. */
export function readingCatalog<T>(work: () => T): T {
  catalog += 1;
  try {
    return work();
  } finally {
    catalog -= 1;
  }
}

/** A computed text as a message may quote it. */
export function computed(text: string): string {
  return areRead && text !== "" && !names.has(text) ? hidden(text, INSTEAD) : text;
}

/** Whether rows have been read for the node under way. */
export function haveReadRows(): boolean {
  return areRead;
}
