import type { Macro } from "../../jinja/reading/syntax-tree.ts";
import { parseDbtTemplate } from "../../jinja/reading/template-parser.ts";
import { TemplateError } from "../../jinja/template-error.ts";
import { type Block, cutBlocks } from "./blocks.ts";
import type { MacroDefinition, MacroKind } from "./macro.ts";

const TAGS: ReadonlySet<string> = new Set(["macro", "test", "data_test", "materialization"]);
const KINDS: Readonly<Record<string, MacroKind>> = {
  macro: "macro",
  test: "test",
  data_test: "test",
  materialization: "materialization",
};

/**
 * The macros of a file. Their trees are made when they are called.
 *
 * @throws {TemplateError} where the file cannot be cut into blocks.
 */
export function readMacroFile(packageName: string, path: string, text: string): MacroDefinition[] {
  return cutBlocks(path, text, TAGS).map((block) => defineMacro(packageName, block));
}

function defineMacro(packageName: string, block: Block): MacroDefinition {
  const kind = KINDS[block.tag] ?? "macro";
  const name = nameOf(kind, block);
  let tree: Macro | undefined;
  return {
    uniqueId: `macro.${packageName}.${name}`,
    packageName,
    name,
    kind,
    at: block.at,
    text: block.text,
    statement() {
      tree ??= readMacro(block);
      return tree;
    },
  };
}

function nameOf(kind: MacroKind, { tag, heading, at }: Block): string {
  const name = /^[\p{L}_][\p{L}\p{N}_]*/u.exec(heading)?.[0];
  if (name === undefined) throw new TemplateError(`expected a name behind '${tag}'`, at);
  if (kind === "macro") return name;
  if (kind === "test") return `test_${name}`;
  const adapter = /\badapter\s*=\s*['"](\w+)['"]/.exec(heading)?.[1] ?? "default";
  return `materialization_${name}_${adapter}`;
}

function readMacro(block: Block): Macro {
  for (const statement of parseDbtTemplate(block.at.file, block.text, block.at).body) {
    if (statement.type === "macro") return statement;
  }
  throw new TemplateError(`'${block.tag}' holds no macro`, block.at);
}
