import { parseExpression } from "./expression-parser.ts";
import type { Expression, Parameter } from "./syntax-tree.ts";
import type { Token } from "./token.ts";
import type { TokenStream } from "./token-stream.ts";

/** `(a, b: str, c=1)`. */
export function parseParameters(stream: TokenStream): Parameter[] {
  const parameters: Parameter[] = [];
  stream.expectOperator("(");
  while (!stream.isOperator(")")) {
    const { value: name, at } = stream.expectName();
    if (stream.skipOperator(":")) stream.nested(() => skipType(stream));
    const fallback = stream.skipOperator("=") ? parseExpression(stream) : undefined;
    if (fallback === undefined && parameters.at(-1)?.default !== undefined) {
      stream.fail(`parameter '${name}' needs a default, because the one before it has one`, at);
    }
    parameters.push({ name, default: fallback });
    if (!stream.isOperator(")")) stream.expectOperator(",");
  }
  stream.next();
  return parameters;
}

/** `dict[str, list[str]]`: dbt reads the types of parameters and does not hold anybody to them. */
function skipType(stream: TokenStream): void {
  stream.expectName();
  if (!stream.skipOperator("[")) return;
  while (!stream.isOperator("]")) {
    stream.nested(() => skipType(stream));
    if (!stream.isOperator("]")) stream.expectOperator(",");
  }
  stream.next();
}

interface MaterializationTag {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

/** `name, default` or `name, adapter='redshift', supported_languages=['sql']`, from behind the tag's name. */
export function parseMaterializationTag(stream: TokenStream, { at }: Token): MaterializationTag {
  const name = stream.expectName().value;
  let adapter = "default";
  let languages: Expression = { type: "list", items: [{ type: "literal", value: "sql", at }], at };
  while (stream.skipOperator(",")) {
    const option = stream.expectName();
    if (option.value === "default") continue;
    stream.expectOperator("=");
    const value = parseExpression(stream);
    if (option.value === "supported_languages") languages = value;
    else if (option.value !== "adapter") stream.fail(`a materialization has no option '${option.value}'`, option.at);
    else if (value.type === "literal" && typeof value.value === "string") adapter = value.value;
    else stream.fail("expected the adapter's name as text", value.at);
  }
  const parameters: Parameter[] = [{ name: "supported_languages", default: languages }];
  return { name: `materialization_${name}_${adapter}`, parameters };
}
