import { LineIndex, type Position } from "../../jinja/position.ts";
import { TemplateError } from "../../jinja/template-error.ts";

/** A named block at the top of a file, such as a macro, a snapshot or a docs block. */
export interface Block {
  /** The word that opens it: `macro`, `test`, `snapshot`, … */
  readonly tag: string;
  /** What stands behind that word in its tag: `star(from, except=[])`. */
  readonly heading: string;
  readonly at: Position;
  /** From the tag that opens it to the one that ends it. */
  readonly text: string;
  /** What stands between the two tags. */
  readonly body: string;
  readonly bodyAt: Position;
}

const OPENING = /\{\{|\{%|\{#/g;
const TAG_NAME = /\{%[-+]?\s*(\w+)\s*/y;
const RAW_END = /\{%[-+]?\s*endraw\s*[-+]?%\}/g;
const STRING_OR_TAG_END = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|%\}/g;
const STRING_OR_OUTPUT_END = /'(?:[^'\\]|\\[\s\S])*'|"(?:[^"\\]|\\[\s\S])*"|\}\}/g;

/**
 * Cuts a file into its blocks without reading what they hold, so that a macro costs something only when it is called. Comments and
 * raw blocks hide tags; what stands outside of blocks is left out, as in dbt.
 *
 * @throws {TemplateError} where a block, a tag or a comment is not closed.
 */
export function cutBlocks(file: string, source: string, tags: ReadonlySet<string>): Block[] {
  return new BlockCutter(file, source.replace(/\r\n?/g, "\n"), tags).run();
}

interface OpenBlock {
  readonly tag: string;
  readonly heading: string;
  readonly start: number;
  readonly bodyStart: number;
  depth: number;
}

class BlockCutter {
  readonly #text: string;
  readonly #lines: LineIndex;
  readonly #tags: ReadonlySet<string>;
  readonly #blocks: Block[] = [];
  #offset = 0;
  #open: OpenBlock | undefined;

  constructor(file: string, text: string, tags: ReadonlySet<string>) {
    this.#text = text;
    this.#lines = new LineIndex(file, text);
    this.#tags = tags;
  }

  run(): Block[] {
    for (let at = this.#find(OPENING); at !== undefined; at = this.#find(OPENING)) this.#construct(at);
    if (this.#open !== undefined) {
      const { tag, start } = this.#open;
      this.#fail(`'${tag}' is not closed: '{% end${tag} %}' is missing`, start);
    }
    return this.#blocks;
  }

  #construct(start: number): void {
    const opening = this.#text.slice(start, start + 2);
    if (opening === "{#") this.#comment(start);
    else if (opening === "{{") this.#skip(STRING_OR_OUTPUT_END, "}}", start);
    else this.#tag(start);
  }

  #comment(start: number): void {
    const end = this.#text.indexOf("#}", start + 2);
    if (end < 0) this.#fail("the comment that begins here is not closed: '#}' is missing", start);
    this.#offset = end + 2;
  }

  #tag(start: number): void {
    TAG_NAME.lastIndex = start;
    const name = TAG_NAME.exec(this.#text)?.[1] ?? "";
    const headingStart = name === "" ? start + 2 : TAG_NAME.lastIndex;
    this.#skip(STRING_OR_TAG_END, "%}", start);
    if (name === "raw") this.#raw(start);
    else if (this.#open !== undefined) this.#inside(this.#open, name, start);
    else if (this.#tags.has(name)) {
      const heading = this.#text.slice(headingStart, this.#offset - 2).replace(/\s*[-+]?$/, "");
      this.#open = { tag: name, heading, start, bodyStart: this.#offset, depth: 1 };
    }
  }

  #raw(start: number): void {
    RAW_END.lastIndex = this.#offset;
    if (RAW_END.exec(this.#text) === null) {
      this.#fail("the raw block that begins here is not closed: '{% endraw %}' is missing", start);
    }
    this.#offset = RAW_END.lastIndex;
  }

  #inside(open: OpenBlock, name: string, start: number): void {
    if (name === open.tag) open.depth += 1;
    if (name !== `end${open.tag}`) return;
    open.depth -= 1;
    if (open.depth > 0) return;
    this.#blocks.push({
      tag: open.tag,
      heading: open.heading,
      at: this.#lines.position(open.start),
      text: this.#text.slice(open.start, this.#offset),
      body: this.#text.slice(open.bodyStart, start),
      bodyAt: this.#lines.position(open.bodyStart),
    });
    this.#open = undefined;
  }

  /** Goes behind the end of a tag or an output; text in quotes may hold what looks like one. */
  #skip(pattern: RegExp, end: string, start: number): void {
    pattern.lastIndex = this.#offset;
    for (let found = pattern.exec(this.#text); found !== null; found = pattern.exec(this.#text)) {
      if (found[0] !== end) continue;
      this.#offset = pattern.lastIndex;
      return;
    }
    this.#fail(`what begins here is not closed: '${end}' is missing`, start);
  }

  #find(pattern: RegExp): number | undefined {
    pattern.lastIndex = this.#offset;
    const found = pattern.exec(this.#text);
    if (found === null) return undefined;
    this.#offset = pattern.lastIndex;
    return found.index;
  }

  #fail(message: string, offset: number): never {
    throw new TemplateError(message, this.#lines.position(offset));
  }
}
