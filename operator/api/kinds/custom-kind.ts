import type { z } from "zod";
import type { Validation } from "../structural-schema.ts";

/** A column of `kubectl get`. Priority 1 shows with `-o wide` only. */
export interface PrinterColumn {
  readonly name: string;
  readonly type: "string" | "integer" | "boolean" | "date";
  readonly jsonPath: string;
  readonly description: string;
  readonly priority?: 1;
}

/** A kind of kelt.dev, and how kubectl shows it. */
export interface CustomKind {
  readonly kind: string;
  readonly plural: string;
  readonly shortName: string;
  readonly description: string;
  /** Who makes its objects: people, who get the right to write them where they may make pods, or the operator alone. */
  readonly writtenBy: "people" | "operator";
  readonly spec: z.ZodType;
  readonly status: z.ZodType;
  readonly columns: readonly PrinterColumn[];
  /** Fields that `kubectl get --field-selector` and a watch may select by. */
  readonly selectable: readonly string[];
  /** Rules over the whole object: its name and references between distant fields are in sight here only. */
  readonly rules: readonly Validation[];
}

/** The path of what a condition says. */
export const condition = (type: string, field: "status" | "reason" | "message") =>
  `.status.conditions[?(@.type=="${type}")].${field}`;

export const AGE: PrinterColumn = {
  name: "Age",
  type: "date",
  jsonPath: ".metadata.creationTimestamp",
  description: "Time since the object was made.",
};

export const READY: PrinterColumn = {
  name: "Ready",
  type: "string",
  jsonPath: condition("Ready", "status"),
  description: "Whether the spec is in order.",
};

export const READY_MESSAGE: PrinterColumn = {
  name: "Message",
  type: "string",
  jsonPath: condition("Ready", "message"),
  description: "Why it is ready or not.",
  priority: 1,
};
