import { lexer, type Token, type Tokens } from "marked";
import { h } from "./dom.ts";

/** Addresses that a link may have; any other one is shown as text. */
const ADDRESS = /^(?:https?:|mailto:)/i;

/**
 * Markdown as elements. Every element is made here, and every text is a text: HTML in a description is read as it is written, and nothing
 * is loaded: a picture is the link to it.
 */
export function markdown(text: string): HTMLElement {
  return h("div", { class: "md" }, ...blocks(lexer(text, { gfm: true, breaks: false })));
}

/** The same in one line, for lists of columns. */
export function markdownLine(text: string): HTMLElement {
  const [only, ...more] = lexer(text);
  if (more.length > 0 || only?.type !== "paragraph") return markdown(text);
  return h("span", { class: "md" }, ...inline((only as Tokens.Paragraph).tokens));
}

function blocks(tokens: readonly Token[]): Node[] {
  return tokens.flatMap((token): Node[] => {
    switch (token.type) {
      case "space":
      case "def":
        return [];
      case "heading": {
        const { depth, tokens: inner } = token as Tokens.Heading;
        return [h(depth < 3 ? "h3" : "h4", {}, ...inline(inner))];
      }
      case "paragraph":
        return [h("p", {}, ...inline((token as Tokens.Paragraph).tokens))];
      case "blockquote":
        return [h("blockquote", {}, ...blocks((token as Tokens.Blockquote).tokens))];
      case "code":
        return [h("pre", { tabindex: 0 }, h("code", {}, (token as Tokens.Code).text))];
      case "hr":
        return [h("hr")];
      case "list":
        return [list(token as Tokens.List)];
      case "table":
        return [table(token as Tokens.Table)];
      case "text": {
        const { tokens: inner, raw } = token as Tokens.Text;
        return inner === undefined ? [new Text(plain(raw))] : inline(inner);
      }
      default:
        return [h("p", {}, token.raw)];
    }
  });
}

function list({ ordered, start, items }: Tokens.List): HTMLElement {
  const entries = items.map(({ task, checked, tokens }) =>
    h("li", {}, task ? (checked === true ? "☑ " : "☐ ") : undefined, ...blocks(tokens)),
  );
  return ordered ? h("ol", { start: start === "" ? 1 : start }, ...entries) : h("ul", {}, ...entries);
}

function table({ header, rows }: Tokens.Table): HTMLElement {
  const cells = (tag: "th" | "td", row: readonly Tokens.TableCell[]) =>
    h("tr", {}, ...row.map(({ tokens }) => h(tag, {}, ...inline(tokens))));
  return h("table", {}, h("thead", {}, cells("th", header)), h("tbody", {}, ...rows.map((row) => cells("td", row))));
}

const WRAPPED = { strong: "strong", em: "em", del: "del" } as const;

function inline(tokens: readonly Token[]): Node[] {
  return tokens.flatMap((token): Node[] => {
    switch (token.type) {
      case "strong":
      case "em":
      case "del":
        return [h(WRAPPED[token.type], {}, ...inline((token as Tokens.Strong).tokens))];
      case "codespan":
        return [h("code", {}, (token as Tokens.Codespan).text)];
      case "br":
        return [h("br")];
      case "link": {
        const { href, tokens: inner } = token as Tokens.Link;
        return link(href, inline(inner));
      }
      case "image": {
        const { href, text } = token as Tokens.Image;
        return link(href, [new Text(text || href)]);
      }
      case "text": {
        const { tokens: inner, raw } = token as Tokens.Text;
        return inner === undefined ? [new Text(plain(raw))] : inline(inner);
      }
      case "escape":
        return [new Text((token as Tokens.Escape).text)];
      default:
        return [new Text(token.raw)];
    }
  });
}

function link(href: string, inner: Node[]): Node[] {
  if (!ADDRESS.test(href)) return inner;
  return [h("a", { href, target: "_blank", rel: "noopener noreferrer" }, ...inner)];
}

const NAMED: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'", nbsp: "\u00a0" };

/** The characters that Markdown writes as `&lt;` and `&#8364;`. */
function plain(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|([a-z]+));/gi, (written, decimal, hex, name) => {
    if (name !== undefined) return NAMED[name] ?? written;
    const code = Number.parseInt(decimal ?? hex, decimal === undefined ? 16 : 10);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : written;
  });
}
