import type { Project } from "./project.ts";

export const TABS = ["about", "columns", "sql", "tests"] as const;
export type Tab = (typeof TABS)[number];
export const FILTERS = ["all", "failing", "untested", "undescribed"] as const;
export type Filter = (typeof FILTERS)[number];

/** What is looked at. The address has what stands for longer: node, tab and column. */
export interface View {
  readonly selected: number | undefined;
  readonly tab: Tab;
  /** A column of the selected node whose way is followed. */
  readonly column: string | undefined;
  /** Whether SQL is shown as the database gets it; it stays from node to node. */
  readonly isCompiled: boolean;
  readonly query: string;
  readonly filter: Filter;
  /** Only nodes of this folder. */
  readonly folder: string | undefined;
  readonly graph: "near" | "folders" | "all";
}

/** Above so many boxes a graph is not read any more. */
export const BOXES_MAX = 60;

export function firstView({ nodes, verdicts }: Project): View {
  const isSmall = nodes.length <= BOXES_MAX;
  const failing = verdicts.findIndex(({ state }) => state === "failed");
  return {
    ...{ tab: "about", column: undefined, isCompiled: false, query: "", filter: "all", folder: undefined },
    selected: failing < 0 ? undefined : failing,
    graph: isSmall ? "all" : failing < 0 ? "folders" : "near",
  };
}

/** `#model.shop.films&tab=columns&column=title`. */
export function hashOf({ selected, tab, column }: View, { nodes }: Project): string {
  const node = selected === undefined ? undefined : nodes[selected];
  if (node === undefined) return "#";
  const more = new URLSearchParams({
    ...(tab === "about" ? {} : { tab }),
    ...(column === undefined ? {} : { column }),
  });
  const rest = more.toString();
  return `#${encodeURIComponent(node.id)}${rest === "" ? "" : `&${rest}`}`;
}

/** What an address says; undefined where it names no node. */
export function fromHash(hash: string, { places }: Project): Pick<View, "selected" | "tab" | "column"> | undefined {
  const [id = "", ...rest] = hash.replace(/^#/, "").split("&");
  const selected = places.get(decoded(id));
  if (selected === undefined) return undefined;
  const more = new URLSearchParams(rest.join("&"));
  const tab = TABS.find((each) => each === more.get("tab")) ?? "about";
  return { selected, tab, column: more.get("column") ?? undefined };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return "";
  }
}

/** What the parts of the page need to draw themselves, and how they say what is looked at next. */
export interface Desk {
  readonly project: Project;
  readonly view: View;
  readonly show: (change: Partial<View>) => void;
}

/** Goes to a node, its first tab unless one is named. */
export function goTo(selected: number, tab: Tab = "about", column?: string): Partial<View> {
  return { selected, tab, column };
}
