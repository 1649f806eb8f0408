import { expect, test } from "vitest";
import { Params } from "#api/params/params.ts";
import { formSchema } from "../../../operator/params/form-schema.ts";

test("a form has a field for each parameter, in their order, with the words and bounds of the manifest", () => {
  const params = Params.parse({
    bucket: { default: "posts", description: "Where the files are.", pattern: "^[a-z]+$" },
    limit: { type: "integer", min: 1, max: 100 },
    share: { type: "number", max: "0.5", default: "0.25" },
    day: { type: "date", min: "2026-01-01", default: "$(run.interval.start:%F)" },
    full: { type: "boolean", default: "false" },
    region: { enum: ["eu", "us"] },
    tables: { type: "list", enum: ["a", "b"], default: ["a"] },
    note: { required: false },
  });
  expect(formSchema(params)).toEqual({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    type: "object",
    properties: {
      bucket: {
        type: "string",
        title: "bucket",
        description: "Where the files are.",
        default: "posts",
        pattern: "^[a-z]+$",
      },
      limit: { type: "integer", title: "limit", minimum: 1, maximum: 100 },
      share: { type: "number", title: "share", default: 0.25, maximum: 0.5 },
      day: {
        type: "string",
        format: "date",
        title: "day",
        default: "$(run.interval.start:%F)",
        formatMinimum: "2026-01-01",
      },
      full: { type: "boolean", title: "full", default: false },
      region: { type: "string", title: "region", enum: ["eu", "us"] },
      tables: { type: "array", title: "tables", default: ["a"], items: { enum: ["a", "b"] } },
      note: { type: "string", title: "note" },
    },
    required: ["limit", "region"],
    additionalProperties: false,
  });
});

test("a Pipeline without parameters has an empty form", () => {
  expect(formSchema({})).toMatchObject({ properties: {}, required: [], additionalProperties: false });
});
