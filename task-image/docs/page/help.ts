import { h } from "./dom.ts";

const KEYS: readonly (readonly [string, string])[] = [
  ["/", "find; Enter opens the first"],
  ["j  k", "next, previous"],
  ["e", "next that needs a look"],
  ["f", "only those"],
  ["1 2 3 4", "About, Columns, SQL, Tests"],
  ["g", "into the graph: arrows go along edges, Enter opens"],
  ["t", "light or dark"],
  ["Esc", "back"],
];

export function helpDialog(): HTMLDialogElement {
  const rows = KEYS.flatMap(([keys, what]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, what)]);
  const dialog = h(
    "dialog",
    { "aria-label": "Keys" },
    h("h2", {}, "Keys"),
    h("dl", {}, ...rows),
    h("button", { class: "button", onclick: () => dialog.close() }, "Close"),
  );
  return dialog;
}
