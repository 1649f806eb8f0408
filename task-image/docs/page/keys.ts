import type { GraphPane } from "./graph-view.ts";
import type { Row } from "./list-view.ts";
import type { Project } from "./project.ts";
import { switchTheme } from "./theme.ts";
import { goTo, TABS, type View } from "./view.ts";

interface Keyboard {
  readonly project: Project;
  readonly find: HTMLInputElement;
  readonly help: HTMLDialogElement;
  readonly graph: GraphPane;
  readonly list: HTMLElement;
  readonly rows: () => readonly Row[];
  readonly view: () => View;
  readonly show: (change: Partial<View>) => void;
}

/** Listens to the keys of the page, wherever the focus is; in the search only to those that leave it. */
export function onKeys(keyboard: Keyboard): void {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || keyboard.help.open) return;
    const isTyping = event.target === keyboard.find;
    const act = isTyping ? inSearch(keyboard, event.key) : anywhere(keyboard, event);
    if (act === undefined) return;
    event.preventDefault();
    act();
  });
}

type Act = (() => void) | undefined;

function inSearch({ find, list, rows, show, view }: Keyboard, key: string): Act {
  if (key === "Escape") {
    return () => {
      show({ query: "" });
      find.blur();
    };
  }
  if (key !== "Enter" && key !== "ArrowDown") return undefined;
  return () => {
    const [first] = rows();
    if (first === undefined) return;
    show(goTo(first.place, view().tab));
    list.querySelector<HTMLElement>(".rows")?.focus();
  };
}

function anywhere(keyboard: Keyboard, event: KeyboardEvent): Act {
  const { find, help, graph, show, view } = keyboard;
  const isInList = keyboard.list.contains(event.target as Node);
  const acts: Readonly<Record<string, Act>> = {
    "/": () => find.select(),
    "?": () => help.showModal(),
    j: () => step(keyboard, 1),
    k: () => step(keyboard, -1),
    e: () => nextBad(keyboard),
    f: () => show({ filter: view().filter === "failing" ? "all" : "failing" }),
    t: switchTheme,
    g: () => graph.focus(),
    Escape: () => back(keyboard),
    ...(isInList ? { ArrowDown: () => step(keyboard, 1), ArrowUp: () => step(keyboard, -1) } : {}),
    ...Object.fromEntries(TABS.map((tab, index) => [String(index + 1), () => show({ tab })] as const)),
  };
  return acts[event.key];
}

function step({ rows, view, show }: Keyboard, by: number): void {
  const places = rows().map(({ place }) => place);
  const { selected, tab } = view();
  const now = selected === undefined ? -1 : places.indexOf(selected);
  const next = places[now < 0 ? 0 : Math.min(places.length - 1, Math.max(0, now + by))];
  if (next !== undefined) show(goTo(next, tab));
}

function nextBad({ project, view, show }: Keyboard): void {
  const bad = project.verdicts.flatMap(({ state }, place) =>
    ["failed", "late", "warned"].includes(state) ? [place] : [],
  );
  const next = bad.find((place) => place > (view().selected ?? -1)) ?? bad[0];
  if (next !== undefined) show(goTo(next));
}

/** From the way of a column to its node, from a search to all nodes, from a node to the project. */
function back({ view, show }: Keyboard): void {
  const { column, query, folder, filter } = view();
  if (column !== undefined) show({ column: undefined });
  else if (query !== "" || folder !== undefined || filter !== "all")
    show({ query: "", folder: undefined, filter: "all" });
  else show({ selected: undefined });
}
