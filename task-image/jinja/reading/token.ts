import type { Position } from "../position.ts";

export type TokenKind =
  | "text"
  | "outputBegin"
  | "outputEnd"
  | "tagBegin"
  | "tagEnd"
  | "name"
  | "string"
  | "integer"
  | "float"
  | "operator"
  | "end";

/** A piece of a template. `value` is the text, the name, the operator, the decoded string or the number. */
export interface Token {
  readonly kind: TokenKind;
  readonly value: string;
  readonly at: Position;
  readonly number?: bigint | number;
}

const KIND_NAMES: Record<TokenKind, string> = {
  text: "text",
  outputBegin: "'{{'",
  outputEnd: "'}}'",
  tagBegin: "'{%'",
  tagEnd: "'%}'",
  name: "a name",
  string: "a string",
  integer: "a number",
  float: "a number",
  operator: "an operator",
  end: "the end of the file",
};

/** The token as an error message names it. */
export function describeToken(token: Token): string {
  switch (token.kind) {
    case "name":
    case "operator":
      return `'${token.value}'`;
    case "string":
      return "a string";
    case "integer":
    case "float":
      return `the number ${token.value}`;
    default:
      return KIND_NAMES[token.kind];
  }
}

export function describeKind(kind: TokenKind): string {
  return KIND_NAMES[kind];
}
