import { parseChain, parseFilters, parsePostfix, parsePrimary } from "./operand-parser.ts";
import type { BinaryOperator, Comparison, ComparisonOperator, Expression } from "./syntax-tree.ts";
import type { TokenStream } from "./token-stream.ts";

const COMPARISONS = new Set<string>(["==", "!=", "<", "<=", ">", ">="]);

/**
 * Jinja's expressions by recursive descent, from the loosest operator to the tightest:
 * inline if, or, and, not, comparison, `+ -`, `~`, `* / // %`, `**`, unary, postfix, filters and tests.
 */
export function parseExpression(stream: TokenStream): Expression {
  return stream.nested(() => {
    let expression = parseOr(stream);
    while (stream.isName("if")) {
      const { at } = stream.next();
      const condition = parseOr(stream);
      const otherwise = stream.skipName("else") ? parseExpression(stream) : undefined;
      expression = { type: "conditional", condition, chosen: expression, otherwise, at };
    }
    return expression;
  });
}

/** An expression without an inline if, as `for` and `if` tags take it. */
export function parseOr(stream: TokenStream): Expression {
  return parseChain(stream, parseAnd, (left) => {
    if (!stream.isName("or")) return undefined;
    const { at } = stream.next();
    return { type: "logical", operator: "or", left, right: parseAnd(stream), at };
  });
}

function parseAnd(stream: TokenStream): Expression {
  return parseChain(stream, parseNot, (left) => {
    if (!stream.isName("and")) return undefined;
    const { at } = stream.next();
    return { type: "logical", operator: "and", left, right: parseNot(stream), at };
  });
}

function parseNot(stream: TokenStream): Expression {
  if (!stream.isName("not")) return parseComparison(stream);
  const { at } = stream.next();
  return stream.nested(() => ({ type: "unary", operator: "not", operand: parseNot(stream), at }));
}

function parseComparison(stream: TokenStream): Expression {
  const first = parseSum(stream);
  const { at } = stream.current;
  const rest: Comparison["rest"][number][] = [];
  for (let operator = comparisonOperator(stream); operator !== undefined; operator = comparisonOperator(stream)) {
    rest.push({ operator, operand: parseSum(stream) });
  }
  return rest.length === 0 ? first : { type: "comparison", first, rest, at };
}

function comparisonOperator(stream: TokenStream): ComparisonOperator | undefined {
  const { kind, value } = stream.current;
  if (kind === "operator" && COMPARISONS.has(value)) return stream.next().value as ComparisonOperator;
  if (stream.skipName("in")) return "in";
  const following = stream.following;
  if (!stream.isName("not") || following.kind !== "name" || following.value !== "in") return undefined;
  stream.next();
  stream.next();
  return "not in";
}

function parseBinary(
  stream: TokenStream,
  operators: readonly string[],
  operand: (stream: TokenStream) => Expression,
): Expression {
  return parseChain(stream, operand, (left) => {
    const { kind, value, at } = stream.current;
    if (kind !== "operator" || !operators.includes(value)) return undefined;
    stream.next();
    return { type: "binary", operator: value as BinaryOperator, left, right: operand(stream), at };
  });
}

function parseSum(stream: TokenStream): Expression {
  return parseBinary(stream, ["+", "-"], parseConcatenation);
}

function parseConcatenation(stream: TokenStream): Expression {
  const first = parseProduct(stream);
  const parts = [first];
  while (stream.skipOperator("~")) parts.push(parseProduct(stream));
  return parts.length === 1 ? first : { type: "concatenation", parts, at: first.at };
}

function parseProduct(stream: TokenStream): Expression {
  return parseBinary(stream, ["*", "/", "//", "%"], parsePower);
}

function parsePower(stream: TokenStream): Expression {
  return parseBinary(stream, ["**"], parseUnary);
}

function parseUnary(stream: TokenStream): Expression {
  return parseFilters(stream, parseExpression, parseSigned(stream));
}

/** A sign binds tighter than a filter and looser than a postfix: `-x.y|abs` is `(-(x.y))|abs`. */
function parseSigned(stream: TokenStream): Expression {
  if (!stream.isOperator("-") && !stream.isOperator("+"))
    return parsePostfix(stream, parseExpression, parsePrimary(stream, parseExpression));
  const { value, at } = stream.next();
  const operator = value === "-" ? "-" : "+";
  return stream.nested(() => ({ type: "unary", operator, operand: parseSigned(stream), at }));
}
