import type { Position } from "../position.ts";
import { nearest } from "../suggestion.ts";
import { parseExpression, parseOr } from "./expression-parser.ts";
import { tokenize } from "./lexer.ts";
import { parseFilter, parseTuple } from "./operand-parser.ts";
import { parseMaterializationTag, parseParameters } from "./parameter-parser.ts";
import type {
  CallBlock,
  Expression,
  If,
  LoopControl,
  Macro,
  Parameter,
  Procedure,
  Statement,
  Template,
  With,
} from "./syntax-tree.ts";
import { parseTarget, parseTargetItem } from "./target-parser.ts";
import type { Token } from "./token.ts";
import { TokenStream } from "./token-stream.ts";

type StatementParser = (stream: TokenStream, tag: Token) => Statement;

const STATEMENTS: ReadonlyMap<string, StatementParser> = new Map<string, StatementParser>([
  ["if", parseIf],
  ["for", parseFor],
  ["set", parseSet],
  ["macro", parseMacro],
  ["test", parseMacro],
  ["data_test", parseMacro],
  ["materialization", parseMaterialization],
  ["snapshot", parseNamedBlock],
  ["docs", parseNamedBlock],
  ["break", parseLoopControl],
  ["continue", parseLoopControl],
  ["call", parseCallBlock],
  ["filter", parseFilterBlock],
  ["do", parseDo],
  ["with", parseWith],
]);

/** Tags that Jinja or dbt know and this engine refuses, with the way out. */
const REFUSED: ReadonlyMap<string, string> = new Map([
  ["include", "dbt has no include: put the shared part into a macro"],
  ["import", "dbt has no import: macros of the project are known everywhere"],
  ["from", "dbt has no import: macros of the project are known everywhere"],
  ["extends", "dbt has no template inheritance: put the shared part into a macro"],
  ["block", "dbt has no template inheritance: put the shared part into a macro"],
]);

const REFUSED_IN_MODELS: ReadonlyMap<string, string> = new Map([
  ...REFUSED,
  ["snapshot", "snapshots are not supported yet: build the history table outside of this project"],
  ["materialization", "custom materializations are not supported yet: use materialized='view' or 'table'"],
  ["docs", "docs blocks belong into .md files"],
]);

/**
 * Reads a template of Jinja without inheritance and imports, with `do` and `test` blocks.
 *
 * @throws {TemplateError} at the first thing that cannot be read.
 */
export function parseTemplate(file: string, text: string): Template {
  const stream = new TokenStream(tokenize(file, text), REFUSED_IN_MODELS);
  return { file, body: parseBody(stream, []) };
}

/**
 * Reads a template with all blocks that dbt adds to Jinja. `start` is where the text stands in its file, when it is a part of one.
 *
 * @throws {TemplateError} at the first thing that cannot be read.
 */
export function parseDbtTemplate(file: string, text: string, start?: Position): Template {
  const stream = new TokenStream(tokenize(file, text, start), REFUSED);
  return { file, body: parseBody(stream, []) };
}

/** Statements up to a tag of one of the names, which stays the current token; up to the end of the file without names. */
function parseBody(stream: TokenStream, ends: readonly string[], opened?: Token): Statement[] {
  const body: Statement[] = [];
  for (;;) {
    const token = stream.next();
    if (token.kind === "text") body.push({ type: "text", value: token.value, at: token.at });
    else if (token.kind === "outputBegin") body.push(parseOutput(stream, token));
    else if (token.kind === "end") {
      if (opened === undefined) return body;
      stream.fail(`'${opened.value}' is not closed: '{% ${ends.at(-1)} %}' is missing`, opened.at);
    } else {
      if (stream.isName(...ends)) return body;
      body.push(stream.nested(() => parseStatement(stream, ends)));
    }
  }
}

/** The end of a tag that opens a body. Jinja takes a colon there, as Python has it. */
function endOpeningTag(stream: TokenStream): void {
  stream.skipOperator(":");
  stream.expect("tagEnd");
}

/** A body with the tag that ends it. */
function parseBlock(stream: TokenStream, end: string, opened: Token): Statement[] {
  endOpeningTag(stream);
  const body = parseBody(stream, [end], opened);
  stream.next();
  return body;
}

function parseOutput(stream: TokenStream, { at }: Token): Statement {
  const expression = parseTuple(stream, parseExpression);
  stream.expect("outputEnd");
  return { type: "output", expression, at };
}

function parseStatement(stream: TokenStream, ends: readonly string[]): Statement {
  const tag = stream.expectName();
  const parse = STATEMENTS.get(tag.value);
  if (parse === undefined || stream.refused.has(tag.value)) return refuse(stream, tag, ends);
  const statement = parse(stream, tag);
  stream.expect("tagEnd");
  return statement;
}

function refuse(stream: TokenStream, tag: Token, ends: readonly string[]): never {
  const reason = stream.refused.get(tag.value);
  if (reason !== undefined) stream.fail(`the tag '${tag.value}' cannot be used: ${reason}`, tag.at);
  if (tag.value.startsWith("end") || tag.value === "else" || tag.value === "elif") {
    const expected = ends.length === 0 ? "no block is open" : `expected ${ends.map((end) => `'${end}'`).join(" or ")}`;
    stream.fail(`'${tag.value}' closes nothing here: ${expected}`, tag.at);
  }
  const known = [...STATEMENTS.keys()].filter((name) => !stream.refused.has(name));
  stream.fail(`there is no tag '${tag.value}'${nearest(tag.value, known)}; known are ${known.join(", ")}`, tag.at);
}

function parseIf(stream: TokenStream, tag: Token): If {
  const branches: If["branches"][number][] = [];
  for (;;) {
    const condition = parseTuple(stream, parseOr);
    endOpeningTag(stream);
    branches.push({ condition, body: parseBody(stream, ["elif", "else", "endif"], tag) });
    const { value } = stream.next();
    if (value === "elif") continue;
    const otherwise = value === "else" ? parseBlock(stream, "endif", tag) : [];
    return { type: "if", branches, otherwise, at: tag.at };
  }
}

function parseFor(stream: TokenStream, tag: Token): Statement {
  const target = parseTarget(stream);
  stream.expectName("in");
  const items = parseTuple(stream, parseOr);
  const condition = stream.skipName("if") ? parseExpression(stream) : undefined;
  if (stream.isName("recursive")) stream.fail("recursive loops are not supported: write a macro that calls itself");
  endOpeningTag(stream);
  const body = stream.inLoop(() => parseBody(stream, ["else", "endfor"], tag));
  const otherwise = stream.next().value === "else" ? parseBlock(stream, "endfor", tag) : [];
  return { type: "for", target, items, condition, body, otherwise, at: tag.at };
}

function parseSet(stream: TokenStream, tag: Token): Statement {
  const target = parseTarget(stream);
  if (stream.skipOperator("=")) {
    return { type: "set", target, value: parseTuple(stream, parseExpression), at: tag.at };
  }
  let value: Expression = { type: "blockText", at: tag.at };
  while (stream.skipOperator("|")) value = parseFilter(stream, parseExpression, value);
  return { type: "setBlock", target, value, body: parseBlock(stream, "endset", tag), at: tag.at };
}

function parseMacro(stream: TokenStream, tag: Token): Macro {
  const name = stream.expectName().value;
  const procedure = parseProcedure(stream, parseParameters(stream), tag);
  if (tag.value === "macro") return { type: "macro", kind: "macro", name, procedure, at: tag.at };
  return { type: "macro", kind: "test", name: `test_${name}`, procedure, at: tag.at };
}

function parseMaterialization(stream: TokenStream, tag: Token): Macro {
  const { name, parameters } = parseMaterializationTag(stream, tag);
  return {
    type: "macro",
    kind: "materialization",
    name,
    procedure: parseProcedure(stream, parameters, tag),
    at: tag.at,
  };
}

/** `snapshot` and `docs` blocks: a name and a body. */
function parseNamedBlock(stream: TokenStream, tag: Token): Macro {
  const name = stream.expectName().value;
  const kind = tag.value === "docs" ? "docs" : "snapshot";
  return { type: "macro", kind, name, procedure: parseProcedure(stream, [], tag), at: tag.at };
}

function parseLoopControl(stream: TokenStream, tag: Token): LoopControl {
  if (!stream.isInLoop) stream.fail(`'${tag.value}' stands outside of a loop`, tag.at);
  return { type: "loopControl", leaves: tag.value === "break", at: tag.at };
}

function parseProcedure(stream: TokenStream, parameters: readonly Parameter[], tag: Token): Procedure {
  const [body, names] = stream.collectingNames(() =>
    stream.outsideLoops(() => parseBlock(stream, `end${tag.value}`, tag)),
  );
  return { parameters, body, names };
}

function parseCallBlock(stream: TokenStream, tag: Token): CallBlock {
  const parameters = stream.isOperator("(") ? parseParameters(stream) : [];
  const call = parseExpression(stream);
  if (call.type !== "call") stream.fail("expected a call of a macro behind 'call'", call.at);
  return { type: "callBlock", call, procedure: parseProcedure(stream, parameters, tag), at: tag.at };
}

function parseFilterBlock(stream: TokenStream, tag: Token): Statement {
  let value = parseFilter(stream, parseExpression, { type: "blockText", at: tag.at });
  while (stream.skipOperator("|")) value = parseFilter(stream, parseExpression, value);
  return { type: "filterBlock", value, body: parseBlock(stream, "endfilter", tag), at: tag.at };
}

function parseDo(stream: TokenStream, tag: Token): Statement {
  return { type: "do", expression: parseTuple(stream, parseExpression), at: tag.at };
}

function parseWith(stream: TokenStream, tag: Token): With {
  const assignments: With["assignments"][number][] = [];
  while (stream.current.kind !== "tagEnd") {
    if (assignments.length > 0) stream.expectOperator(",");
    const target = parseTargetItem(stream);
    stream.expectOperator("=");
    assignments.push({ target, value: parseExpression(stream) });
  }
  return { type: "with", assignments, body: parseBlock(stream, "endwith", tag), at: tag.at };
}
