import { parseExpression } from "./expression-parser.ts";
import { parsePrimary } from "./operand-parser.ts";
import type { Target } from "./syntax-tree.ts";
import { describeToken } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** What a `set` or a `for` assigns to: one name, or several that a value is unpacked into. */
export function parseTarget(stream: TokenStream): Target {
  const first = parseTargetItem(stream);
  if (!stream.isOperator(",")) return first;
  const items = [first];
  while (stream.skipOperator(",") && !stream.isName("in") && !stream.isOperator("=")) {
    items.push(parseTargetItem(stream));
  }
  return { type: "tuple", items, at: first.at };
}

/** A name, an attribute of a namespace, or names in parentheses. */
export function parseTargetItem(stream: TokenStream): Target {
  const { current } = stream;
  if (stream.skipOperator("(")) {
    const inner = stream.nested(() => parseTarget(stream));
    stream.expectOperator(")");
    return inner;
  }
  if (current.kind !== "name") stream.fail(`expected a name to assign to, found ${describeToken(current)}`);
  const primary = parsePrimary(stream, parseExpression);
  if (primary.type !== "name") stream.fail(`'${current.value}' cannot be assigned to`, current.at);
  if (!stream.skipOperator(".")) return { type: "name", name: primary.name, at: primary.at };
  const attribute = stream.expectName().value;
  return { type: "namespaceAttribute", namespace: primary.name, attribute, at: primary.at };
}
