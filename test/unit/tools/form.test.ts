import { join } from "node:path";
import { expect, test } from "vitest";
import { formSchemas } from "../../../config/tools/form.ts";
import { ROOT } from "../../support/cluster/chart.ts";

test("the form of a sample's parameters has what its manifest declares", async () => {
  const schemas = await formSchemas([join(ROOT, "config/samples/posts")]);
  expect(Object.keys(schemas)).toEqual(["posts"]);
  expect(schemas.posts).toMatchObject({
    properties: {
      bucket: { type: "string", default: "posts" },
      prefix: { default: "raw" },
      url: { enum: ["http://api:8080"] },
    },
    required: [],
  });
});
