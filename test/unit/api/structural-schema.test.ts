import { expect, test } from "vitest";
import { z } from "zod";
import { integer, list, map, object, text } from "#api/fields.ts";
import { structuralSchema } from "#api/structural-schema.ts";

test("an object keeps its fields and rules, and says nothing of unknown fields", () => {
  const rule = { rule: "has(self.a)", message: "a must be set" };
  expect(structuralSchema(object("An object.", { a: text("A.").optional(), b: text("B.") }, [rule]))).toEqual({
    type: "object",
    description: "An object.",
    required: ["b"],
    properties: {
      a: { type: "string", description: "A.", minLength: 1, maxLength: 256 },
      b: { type: "string", description: "B.", minLength: 1, maxLength: 256 },
    },
    "x-kubernetes-validations": [rule],
  });
});

test("a field with a default need not be set", () => {
  const schema = structuralSchema(object("An object.", { a: text("A.").default("x") }));
  expect(schema.required).toBeUndefined();
  expect(schema.properties?.a?.default).toBe("x");
});

test("a whole number is an int64 with its bounds", () => {
  expect(structuralSchema(integer("N.", { min: 0, max: 9 }))).toEqual({
    type: "integer",
    format: "int64",
    description: "N.",
    minimum: 0,
    maximum: 9,
  });
});

test("a list is replaced as a whole", () => {
  expect(structuralSchema(list("L.", text("T."), { max: 3 }))).toMatchObject({
    type: "array",
    maxItems: 3,
    "x-kubernetes-list-type": "atomic",
  });
});

test("the shape of a map's keys becomes one rule, beside those the map has, through optional and default", () => {
  const keys = map("M.", text("V."), {
    max: 4,
    key: z
      .string()
      .max(5)
      .regex(/^[a-z]+$/),
  });
  const rule = {
    rule: "self.all(key, size(key) <= 5 && key.matches('^[a-z]+$'))",
    message: "a key has at most 5 characters and the shape ^[a-z]+$",
  };
  for (const type of [keys, keys.optional(), keys.prefault({})]) {
    const schema = structuralSchema(type);
    expect(schema.additionalProperties?.type).toBe("string");
    expect(schema.maxProperties).toBe(4);
    expect(schema["x-kubernetes-validations"]).toEqual([rule]);
  }
  const other = { rule: "size(self) > 0", message: "not empty" };
  expect(structuralSchema(keys.meta({ "x-kubernetes-validations": [other] }))["x-kubernetes-validations"]).toEqual([
    other,
    rule,
  ]);
});

test("text or a whole number is one type, bounded as the text is", () => {
  const type = z.union([z.string().max(7), z.int()]).meta({ description: "V.", "x-kubernetes-int-or-string": true });
  expect(structuralSchema(type)).toEqual({ description: "V.", maxLength: 7, "x-kubernetes-int-or-string": true });
});

test("a type that refers to itself is refused, because no structural schema can say it", () => {
  const Tree: z.ZodType = z.lazy(() => z.strictObject({ child: Tree.optional() }));
  expect(() => structuralSchema(Tree)).toThrow(/[Cc]ycle/);
});
