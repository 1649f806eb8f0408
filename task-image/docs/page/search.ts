import type { PageNode } from "../page-data.ts";

/** A node that a search has found, and where: empty where its name says so itself. */
export interface Hit {
  readonly place: number;
  readonly where: string;
}

/** What can be found of a node, from what counts most. */
interface Entry {
  readonly name: string;
  readonly columns: readonly string[];
  readonly tests: readonly string[];
  readonly tags: readonly string[];
  readonly text: string;
  readonly sql: string;
}

export type SearchIndex = readonly Entry[];

export function searchIndex(nodes: readonly PageNode[]): SearchIndex {
  const low = (text: string) => text.toLowerCase();
  return nodes.map((node) => ({
    name: low(`${node.name} ${node.relation ?? ""} ${node.path}`),
    columns: node.columns.map(({ name }) => low(name)),
    tests: node.tests.map(({ name }) => low(name)),
    tags: [...node.tags, ...node.facts.map(([, text]) => text)].map(low),
    text: low([node.description, ...node.columns.map(({ description }) => description)].join("\n")),
    sql: low(`${node.sql ?? ""}\n${node.compiled ?? ""}`),
  }));
}

/** The nodes that have every word somewhere, those first whose names begin so. Without a word all of them, in their order. */
export function search(index: SearchIndex, query: string): readonly Hit[] {
  const words = query
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== "");
  if (words.length === 0) return index.map((_, place) => ({ place, where: "" }));
  return index
    .flatMap((entry, place) => {
      const found = words.map((word) => findIn(entry, word));
      const worst = found.reduce((most, each) => (each.rank > most.rank ? each : most), { rank: -1, where: "" });
      return worst.rank === NOWHERE ? [] : [{ place, ...worst }];
    })
    .sort((a, b) => a.rank - b.rank || a.place - b.place)
    .map(({ place, where }) => ({ place, where }));
}

const NOWHERE = 9;

function findIn({ name, columns, tests, tags, text, sql }: Entry, word: string): { rank: number; where: string } {
  if (name.startsWith(word)) return { rank: 0, where: "" };
  if (name.includes(word)) return { rank: 1, where: "" };
  const column = columns.find((each) => each.includes(word));
  if (column !== undefined) return { rank: 2, where: `column ${column}` };
  const tag = tags.find((each) => each.includes(word));
  if (tag !== undefined) return { rank: 3, where: tag.length > 40 ? "in its facts" : tag };
  const test = tests.find((each) => each.includes(word));
  if (test !== undefined) return { rank: 4, where: `test ${test}` };
  if (text.includes(word)) return { rank: 5, where: "in its description" };
  return sql.includes(word) ? { rank: 6, where: "in its SQL" } : { rank: NOWHERE, where: "" };
}
