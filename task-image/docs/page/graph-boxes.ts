import type { PageNode, ResultState } from "../page-data.ts";
import type { LayoutBox } from "./layout.ts";
import { type Project, reached } from "./project.ts";
import { traceOf } from "./trace.ts";
import type { Verdict } from "./verdict.ts";
import { BOXES_MAX, type View } from "./view.ts";
import { counted } from "./words.ts";

/** A box of the graph: a node, or a folder of nodes. */
export interface GraphBox extends LayoutBox {
  readonly name: string;
  readonly line: string;
  readonly state: ResultState;
  readonly isMono: boolean;
  readonly place: number | undefined;
  readonly folder: string | undefined;
}

export interface Graph {
  /** Graphs of one key are laid out alike. */
  readonly key: string;
  readonly boxes: readonly GraphBox[];
}

const HEIGHT = 40;
const NEAR = 2;

/** What the graph shows: the way of a column, what is near the selected node, folders, or everything. */
export function graphOf(project: Project, view: View): Graph {
  const { selected, column, folder } = view;
  if (selected !== undefined && column !== undefined) return ofColumn(project, selected, column);
  if (view.graph === "near" && selected !== undefined) {
    const parents = (place: number) => project.nodes[place]?.parents ?? [];
    const children = (place: number) => project.children[place] ?? [];
    const near = new Set([...reached(selected, parents, NEAR), ...reached(selected, children, NEAR)]);
    return ofNodes(project, `near ${selected}`, near);
  }
  if (view.graph === "all") return ofNodes(project, "all", new Set(project.nodes.keys()));
  if (folder === undefined && project.nodes.length > BOXES_MAX) return ofFolders(project);
  const inside = [...project.nodes.keys()].filter((place) => folder === undefined || project.folders[place] === folder);
  return ofNodes(project, `folder ${folder ?? ""}`, new Set(inside));
}

function ofNodes({ nodes, verdicts }: Project, key: string, shown: ReadonlySet<number>): Graph {
  const places = [...shown].sort((a, b) => a - b);
  const indexes = new Map(places.map((place, index) => [place, index] as const));
  const boxes = places.map((place): GraphBox => {
    const node = nodes[place];
    const verdict = verdicts[place];
    return {
      ...sized(node?.name ?? "", node === undefined ? "" : lineOf(node, verdict)),
      parents: (node?.parents ?? []).flatMap((parent) => indexes.get(parent) ?? []),
      ...{ state: verdict?.state ?? "none", place, folder: undefined, isMono: false },
    };
  });
  return { key, boxes };
}

/** What stands below a node's name: what is wrong with it, or what it is. */
function lineOf({ form, kind }: PageNode, { state = "none", word = "", note = "" }: Partial<Verdict> = {}): string {
  const isLoud = state === "failed" || state === "warned" || state === "late";
  const hasTests = note !== "no tests";
  if (state === "skipped") return word;
  if (isLoud) return hasTests && kind !== "source" ? note : word;
  return [form || kind, hasTests ? note : ""].filter((each) => each !== "").join(" · ");
}

function ofColumn({ nodes, verdicts, feeds }: Project, selected: number, column: string): Graph {
  const trace = traceOf(nodes, feeds, { node: selected, column });
  const places = [...trace.columns.keys()].sort((a, b) => a - b);
  const boxes = places.map((place): GraphBox => {
    const columns = trace.columns.get(place) ?? [];
    const origins = (nodes[place]?.columns ?? [])
      .filter(({ name }) => columns.includes(name))
      .flatMap((each) => each.origins ?? [])
      .filter((origin) => trace.columns.get(origin.node)?.includes(origin.column) === true);
    const line = columns.length > 2 ? `${columns.slice(0, 2).join(", ")} +${columns.length - 2}` : columns.join(", ");
    return {
      ...sized(nodes[place]?.name ?? "", line),
      parents: [...new Set(origins.map(({ node }) => places.indexOf(node)))],
      ...{ state: verdicts[place]?.state ?? "none", place, folder: undefined, isMono: true },
    };
  });
  return { key: `column ${selected} ${column}`, boxes };
}

const ORDER: readonly ResultState[] = ["failed", "late", "warned", "skipped", "none", "succeeded"];

function ofFolders({ nodes, folders, verdicts }: Project): Graph {
  const names = [...new Set(folders)];
  const readers = names.map((name) => {
    const inside = [...nodes.keys()].filter((place) => folders[place] === name);
    const before = inside.flatMap((place) => nodes[place]?.parents ?? []).map((parent) => folders[parent] ?? "");
    return [...new Set(before)].filter((each) => each !== name).map((each) => names.indexOf(each));
  });
  const boxes = names.map((name, index): GraphBox => {
    const inside = [...nodes.keys()].filter((place) => folders[place] === name);
    const states = new Set(inside.map((place) => verdicts[place]?.state ?? "none"));
    const state = ORDER.find((each) => states.has(each)) ?? "none";
    const bad = inside.filter((place) => verdicts[place]?.state === "failed").length;
    const parents = nearest(readers, index);
    const line = `${counted(inside.length, "node")}${bad === 0 ? "" : `, ${bad} failed`}`;
    return { ...sized(name, line), parents, ...{ state, place: undefined, folder: name, isMono: false } };
  });
  return { key: "folders", boxes };
}

/** What a folder reads without another one between: the long ways are seen through those. */
function nearest(readers: readonly (readonly number[])[], index: number): readonly number[] {
  const direct = readers[index] ?? [];
  return direct.filter((parent) => {
    const others = direct.filter((each) => each !== parent && !(readers[parent] ?? []).includes(each));
    return !others.some((each) => reached(each, (place) => readers[place] ?? [], Number.POSITIVE_INFINITY).has(parent));
  });
}

const NAME_MAX = 28;

/** Room for a shape, and for what is written beside it. */
function sized(name: string, line: string) {
  const shown = name.length > NAME_MAX ? `${name.slice(0, 16)}…${name.slice(-11)}` : name;
  const letters = Math.max(shown.length * 8.2, line.length * 6.6);
  return { name: shown, line, width: Math.min(290, Math.max(112, Math.round(46 + letters))), height: HEIGHT };
}
