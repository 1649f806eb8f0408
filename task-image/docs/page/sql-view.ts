import { h } from "./dom.ts";

/** Comments, templates, texts and words, in the order in which they are looked for. */
const PARTS =
  /(--[^\n]*|\/\*[\s\S]*?\*\/|\{#[\s\S]*?#\})|(\{\{[\s\S]*?\}\}|\{%[\s\S]*?%\})|('(?:[^']|'')*')|\b(select|from|where|with|as|join|left|right|full|inner|outer|cross|lateral|on|using|group|by|order|having|union|all|intersect|except|distinct|case|when|then|else|end|and|or|not|in|is|null|exists|between|over|partition|limit|offset|recursive|filter|values|desc|asc|like|ilike|true|false)\b/gi;
const KINDS = ["comment", "template", "text", "keyword"] as const;

/** SQL in numbered lines. Its parts differ by weight and shade: colour is for states. */
export function sqlView(sql: string): HTMLElement {
  const code = h("code");
  let end = 0;
  for (const match of sql.matchAll(PARTS)) {
    code.append(sql.slice(end, match.index));
    const kind = KINDS[match.slice(1).findIndex((group) => group !== undefined)] ?? "text";
    code.append(h("span", { class: `sql-${kind}` }, match[0]));
    end = match.index + match[0].length;
  }
  code.append(sql.slice(end));
  const lines = sql.trimEnd().split("\n").length;
  const numbers = Array.from({ length: lines }, (_, index) => index + 1).join("\n");
  return h(
    "div",
    { class: "code", tabindex: 0, role: "region", "aria-label": "SQL" },
    h("pre", { class: "lines", "aria-hidden": "true" }, numbers),
    h("pre", {}, code),
  );
}
