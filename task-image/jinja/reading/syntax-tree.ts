import type { Position } from "../position.ts";

/** The tree of a template. Every node knows where it was written. */
interface At {
  readonly at: Position;
}

export interface Arguments {
  readonly positional: readonly Expression[];
  readonly named: readonly { readonly name: string; readonly value: Expression }[];
  /** `*values`. */
  readonly spread: Expression | undefined;
  /** `**values`. */
  readonly namedSpread: Expression | undefined;
}

export type BinaryOperator = "+" | "-" | "*" | "/" | "//" | "%" | "**";
export type ComparisonOperator = "==" | "!=" | "<" | "<=" | ">" | ">=" | "in" | "not in";

export type Literal = At & { readonly type: "literal"; readonly value: null | boolean | bigint | number | string };
export type Name = At & { readonly type: "name"; readonly name: string };
export type Sequence = At & { readonly type: "list" | "tuple"; readonly items: readonly Expression[] };
export type Dict = At & { readonly type: "dict"; readonly entries: readonly (readonly [Expression, Expression])[] };
export type Attribute = At & { readonly type: "attribute"; readonly object: Expression; readonly name: string };
export type Item = At & { readonly type: "item"; readonly object: Expression; readonly index: Expression };
export type Slice = At & {
  readonly type: "slice";
  readonly object: Expression;
  readonly start: Expression | undefined;
  readonly stop: Expression | undefined;
  readonly step: Expression | undefined;
};
export type Call = At & { readonly type: "call"; readonly callee: Expression; readonly arguments: Arguments };
export type Filter = At & {
  readonly type: "filter";
  readonly input: Expression;
  readonly name: string;
  readonly arguments: Arguments;
};
export type Test = At & {
  readonly type: "test";
  readonly input: Expression;
  readonly name: string;
  readonly arguments: Arguments;
};
export type Unary = At & { readonly type: "unary"; readonly operator: "-" | "+" | "not"; readonly operand: Expression };
export type Binary = At & {
  readonly type: "binary";
  readonly operator: BinaryOperator;
  readonly left: Expression;
  readonly right: Expression;
};
export type Logical = At & {
  readonly type: "logical";
  readonly operator: "and" | "or";
  readonly left: Expression;
  readonly right: Expression;
};
export type Concatenation = At & { readonly type: "concatenation"; readonly parts: readonly Expression[] };
export type Comparison = At & {
  readonly type: "comparison";
  readonly first: Expression;
  readonly rest: readonly { readonly operator: ComparisonOperator; readonly operand: Expression }[];
};
export type Conditional = At & {
  readonly type: "conditional";
  readonly condition: Expression;
  readonly chosen: Expression;
  readonly otherwise: Expression | undefined;
};
/** What a filter block or a filtered block-set gives to its filters: the text that the block rendered. */
export type BlockText = At & { readonly type: "blockText" };

export type Expression =
  | Literal
  | Name
  | Sequence
  | Dict
  | Attribute
  | Item
  | Slice
  | Call
  | Filter
  | Test
  | Unary
  | Binary
  | Logical
  | Concatenation
  | Comparison
  | Conditional
  | BlockText;

export type Target =
  | (At & { readonly type: "name"; readonly name: string })
  | (At & { readonly type: "tuple"; readonly items: readonly Target[] })
  | (At & { readonly type: "namespaceAttribute"; readonly namespace: string; readonly attribute: string });

export interface Parameter {
  readonly name: string;
  readonly default: Expression | undefined;
}

/** The parameters and the body of a macro or of a call block. */
export interface Procedure {
  readonly parameters: readonly Parameter[];
  readonly body: readonly Statement[];
  /** Names that stand in the body. `varargs`, `kwargs` and `caller` are filled only where they are used. */
  readonly names: ReadonlySet<string>;
}

export type Text = At & { readonly type: "text"; readonly value: string };
export type Output = At & { readonly type: "output"; readonly expression: Expression };
export type If = At & {
  readonly type: "if";
  readonly branches: readonly { readonly condition: Expression; readonly body: readonly Statement[] }[];
  readonly otherwise: readonly Statement[];
};
export type For = At & {
  readonly type: "for";
  readonly target: Target;
  readonly items: Expression;
  readonly condition: Expression | undefined;
  readonly body: readonly Statement[];
  readonly otherwise: readonly Statement[];
};
export type SetValue = At & { readonly type: "set"; readonly target: Target; readonly value: Expression };
export type SetBlock = At & {
  readonly type: "setBlock";
  readonly target: Target;
  readonly value: Expression;
  readonly body: readonly Statement[];
};
export type Macro = At & {
  readonly type: "macro";
  /** All but `macro` are dbt's: generic tests and materializations are macros, snapshots and docs are named bodies. */
  readonly kind: "macro" | "test" | "materialization" | "snapshot" | "docs";
  /** As dbt names it: `test_unique`, `materialization_view_default`. */
  readonly name: string;
  readonly procedure: Procedure;
};
export type CallBlock = At & {
  readonly type: "callBlock";
  readonly call: Call;
  readonly procedure: Procedure;
};
/** `break` or `continue`. */
export type LoopControl = At & { readonly type: "loopControl"; readonly leaves: boolean };
export type Do = At & { readonly type: "do"; readonly expression: Expression };
export type FilterBlock = At & {
  readonly type: "filterBlock";
  readonly value: Expression;
  readonly body: readonly Statement[];
};
export type With = At & {
  readonly type: "with";
  readonly assignments: readonly { readonly target: Target; readonly value: Expression }[];
  readonly body: readonly Statement[];
};

export type Statement =
  | Text
  | Output
  | If
  | For
  | SetValue
  | SetBlock
  | Macro
  | CallBlock
  | Do
  | FilterBlock
  | With
  | LoopControl;

export interface Template {
  readonly file: string;
  readonly body: readonly Statement[];
}
