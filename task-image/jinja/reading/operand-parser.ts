import type { Arguments, Call, Expression, Literal } from "./syntax-tree.ts";
import { describeToken, type Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** Longest chain of operators without parentheses, which becomes a tree of that depth. */
const CHAIN_MAX = 500;
const CONSTANTS: ReadonlyMap<string, boolean | null> = new Map([
  ["true", true],
  ["True", true],
  ["false", false],
  ["False", false],
  ["none", null],
  ["None", null],
]);
const NO_ARGUMENTS: Arguments = { positional: [], named: [], spread: undefined, namedSpread: undefined };

/** Parses an expression of any kind: what stands in brackets and between commas. */
export type Parse = (stream: TokenStream) => Expression;

/** One expression, or a tuple where commas follow. */
export function parseTuple(stream: TokenStream, parse: Parse): Expression {
  const first = parse(stream);
  if (!stream.isOperator(",")) return first;
  const items = [first];
  while (stream.skipOperator(",") && !isTupleEnd(stream)) items.push(parse(stream));
  return { type: "tuple", items, at: first.at };
}

function isTupleEnd(stream: TokenStream): boolean {
  const { kind } = stream.current;
  return kind === "outputEnd" || kind === "tagEnd" || stream.isOperator(")");
}

export function parseChain(
  stream: TokenStream,
  operand: Parse,
  step: (left: Expression) => Expression | undefined,
): Expression {
  let left = operand(stream);
  for (let length = 0; ; length += 1) {
    if (length > CHAIN_MAX) stream.fail(`more than ${CHAIN_MAX} operators in a row: use set and parentheses`);
    const longer = step(left);
    if (longer === undefined) return left;
    left = longer;
  }
}

export function parsePostfix(stream: TokenStream, parse: Parse, primary: Expression): Expression {
  return parseChain(
    stream,
    () => primary,
    (object) => {
      const { at } = stream.current;
      if (stream.isOperator("(")) return parseCall(stream, parse, object);
      if (stream.skipOperator(".")) return parseMember(stream, object);
      if (stream.skipOperator("[")) return parseSubscript(stream, parse, object, at);
      return undefined;
    },
  );
}

function parseCall(stream: TokenStream, parse: Parse, callee: Expression): Call {
  return { type: "call", callee, arguments: parseArguments(stream, parse), at: callee.at };
}

function parseMember(stream: TokenStream, object: Expression): Expression {
  const token = stream.next();
  if (token.kind === "name") return { type: "attribute", object, name: token.value, at: token.at };
  if (token.kind !== "integer") {
    stream.fail(`expected a name or a number after '.', found ${describeToken(token)}`, token.at);
  }
  return { type: "item", object, index: numberLiteral(token), at: token.at };
}

function parseSubscript(stream: TokenStream, parse: Parse, object: Expression, at: Token["at"]): Expression {
  const start = stream.isOperator(":") ? undefined : parse(stream);
  if (stream.isOperator(":")) return parseSlice(stream, parse, object, start);
  if (start === undefined) stream.fail("expected an index");
  const items = [start];
  while (stream.skipOperator(",") && !stream.isOperator("]")) items.push(parse(stream));
  stream.expectOperator("]");
  const index: Expression = items.length === 1 ? start : { type: "tuple", items, at: start.at };
  return { type: "item", object, index, at };
}

function parseSlice(stream: TokenStream, parse: Parse, object: Expression, start: Expression | undefined): Expression {
  const { at } = stream.expectOperator(":");
  const bound = () => (stream.isOperator(":") || stream.isOperator("]") ? undefined : parse(stream));
  const stop = bound();
  const step = stream.skipOperator(":") ? bound() : undefined;
  stream.expectOperator("]");
  return { type: "slice", object, start, stop, step, at };
}

export function parseFilters(stream: TokenStream, parse: Parse, input: Expression): Expression {
  return parseChain(
    stream,
    () => input,
    (value) => {
      if (stream.isOperator("|")) {
        stream.next();
        return parseFilter(stream, parse, value);
      }
      if (stream.isName("is")) return parseTest(stream, parse, value);
      return stream.isOperator("(") ? parseCall(stream, parse, value) : undefined;
    },
  );
}

/** A filter's name and arguments, from behind its `|`. */
export function parseFilter(stream: TokenStream, parse: Parse, input: Expression): Expression {
  const { at } = stream.current;
  const name = parseDottedName(stream);
  return {
    type: "filter",
    input,
    name,
    arguments: stream.isOperator("(") ? parseArguments(stream, parse) : NO_ARGUMENTS,
    at,
  };
}

function parseDottedName(stream: TokenStream): string {
  let name = stream.expectName().value;
  while (stream.skipOperator(".")) name += `.${stream.expectName().value}`;
  return name;
}

function parseTest(stream: TokenStream, parse: Parse, input: Expression): Expression {
  const { at } = stream.next();
  const negated = stream.skipName("not");
  const test: Expression = {
    type: "test",
    input,
    name: parseDottedName(stream),
    arguments: parseTestArguments(stream, parse),
    at,
  };
  return negated ? { type: "unary", operator: "not", operand: test, at } : test;
}

/** `x is divisibleby 3`: a test takes one argument without parentheses. */
function parseTestArguments(stream: TokenStream, parse: Parse): Arguments {
  if (stream.isOperator("(")) return parseArguments(stream, parse);
  if (stream.isName("is")) stream.fail("two tests in a row: join them with 'and'");
  const begins =
    ["name", "string", "integer", "float"].includes(stream.current.kind) ||
    stream.isOperator("[") ||
    stream.isOperator("{");
  if (!begins || stream.isName("else", "or", "and", "if", "in", "not")) return NO_ARGUMENTS;
  return { ...NO_ARGUMENTS, positional: [parsePostfix(stream, parse, parsePrimary(stream, parse))] };
}

interface ArgumentsSoFar {
  positional: Expression[];
  named: { name: string; value: Expression }[];
  spread: Expression | undefined;
  namedSpread: Expression | undefined;
}

/** `(a, b=c, *d, **e)`, in that order. */
function parseArguments(stream: TokenStream, parse: Parse): Arguments {
  stream.expectOperator("(");
  const found: ArgumentsSoFar = { positional: [], named: [], spread: undefined, namedSpread: undefined };
  while (!stream.isOperator(")")) {
    parseArgument(stream, parse, found);
    if (!stream.isOperator(")")) stream.expectOperator(",");
  }
  stream.next();
  return found;
}

function parseArgument(stream: TokenStream, parse: Parse, found: ArgumentsSoFar): void {
  const { at, kind, value } = stream.current;
  const misplaced = (what: string) => stream.fail(`${what} must stand before it`, at);
  if (found.namedSpread !== undefined) misplaced("'**' is the last argument: what follows");
  if (stream.skipOperator("**")) {
    found.namedSpread = parse(stream);
  } else if (stream.skipOperator("*")) {
    if (found.spread !== undefined) stream.fail("'*' can be used once in a call", at);
    found.spread = parse(stream);
  } else if (kind === "name" && stream.following.kind === "operator" && stream.following.value === "=") {
    stream.next();
    stream.next();
    found.named.push({ name: value, value: parse(stream) });
  } else {
    if (found.named.length > 0) misplaced("a keyword argument was given: an argument without a name");
    if (found.spread !== undefined) misplaced("'*' was given: an argument without a name");
    found.positional.push(parse(stream));
  }
}

export function parsePrimary(stream: TokenStream, parse: Parse): Expression {
  const token = stream.next();
  const { at } = token;
  switch (token.kind) {
    case "name": {
      const constant = CONSTANTS.get(token.value);
      return constant === undefined
        ? { type: "name", name: token.value, at }
        : { type: "literal", value: constant, at };
    }
    case "string": {
      let value = token.value;
      while (stream.current.kind === "string") value += stream.next().value;
      return { type: "literal", value, at };
    }
    case "integer":
    case "float":
      return numberLiteral(token);
    case "operator":
      return parseBracketed(stream, parse, token);
    default:
      return stream.fail(`expected an expression, found ${describeToken(token)}`, at);
  }
}

function numberLiteral(token: Token): Literal {
  return { type: "literal", value: token.number ?? null, at: token.at };
}

function parseBracketed(stream: TokenStream, parse: Parse, { value, at }: Token): Expression {
  switch (value) {
    case "(":
      return parseParenthesized(stream, parse, at);
    case "[":
      return { type: "list", items: parseItems(stream, "]", parse), at };
    case "{":
      return { type: "dict", entries: parseItems(stream, "}", () => parseEntry(stream, parse)), at };
    default:
      return stream.fail(`expected an expression, found '${value}'`, at);
  }
}

function parseParenthesized(stream: TokenStream, parse: Parse, at: Token["at"]): Expression {
  if (stream.skipOperator(")")) return { type: "tuple", items: [], at };
  const inner = parseTuple(stream, parse);
  stream.expectOperator(")");
  return inner;
}

function parseItems<T>(stream: TokenStream, end: string, parse: (stream: TokenStream) => T): T[] {
  const items: T[] = [];
  while (!stream.isOperator(end)) {
    items.push(parse(stream));
    if (!stream.isOperator(end)) stream.expectOperator(",");
  }
  stream.next();
  return items;
}

function parseEntry(stream: TokenStream, parse: Parse): readonly [Expression, Expression] {
  const key = parse(stream);
  stream.expectOperator(":");
  return [key, parse(stream)];
}
