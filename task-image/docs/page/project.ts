import type { PageData, PageNode } from "../page-data.ts";
import { type SearchIndex, searchIndex } from "./search.ts";
import { type Feeds, feedsOf } from "./trace.ts";
import { type Verdict, verdictOf } from "./verdict.ts";

/** The data of the page, and what is found out of them once. */
export interface Project {
  readonly data: PageData;
  readonly nodes: readonly PageNode[];
  readonly verdicts: readonly Verdict[];
  /** Who reads a node. */
  readonly children: readonly (readonly number[])[];
  readonly places: ReadonlyMap<string, number>;
  /** The folder that a node stands in, by its place. */
  readonly folders: readonly string[];
  readonly index: SearchIndex;
  readonly feeds: Feeds;
}

export function readProject(data: PageData): Project {
  const { nodes } = data;
  const children: number[][] = nodes.map(() => []);
  for (const [place, { parents }] of nodes.entries()) for (const parent of parents) children[parent]?.push(place);
  return {
    ...{ data, nodes, children },
    verdicts: nodes.map(verdictOf),
    places: new Map(nodes.map(({ id }, place) => [id, place] as const)),
    folders: nodes.map(folderOf),
    index: searchIndex(nodes),
    feeds: feedsOf(nodes),
  };
}

const GROUPS: Partial<Record<PageNode["kind"], string>> = { source: "sources", exposure: "exposures" };

/** The folder of a file; sources and exposures, which have none of their own, stand together. */
function folderOf({ kind, path }: PageNode): string {
  return GROUPS[kind] ?? path.split("/").slice(0, -1).join("/");
}

/** All that can be reached in at most `depth` steps, the start included. */
export function reached(start: number, next: (place: number) => readonly number[], depth: number): ReadonlySet<number> {
  const found = new Set([start]);
  let level = [start];
  for (let step = 0; step < depth && level.length > 0; step += 1) {
    level = level.flatMap(next).filter((place) => !found.has(place));
    for (const place of level) found.add(place);
  }
  return found;
}
