import { expect, test } from "vitest";
import { readSource, typescriptIn, withoutComments } from "./source-files.ts";

/** In the bundle a package in CommonJS that is imported later has a default export and no other one. */
test("packages that are imported when they are wanted are taken by their default export", () => {
  const imports = typescriptIn("operator", "task-image").flatMap((path) =>
    withoutComments(readSource(path))
      .split("\n")
      .filter((line) => /\bimport\("(?![.#]|node:)/.test(line))
      .map((line) => `${path}: ${line.trim()}`),
  );
  expect(imports.length).toBeGreaterThan(0);
  expect(imports.filter((line) => !line.includes("default"))).toEqual([]);
});
