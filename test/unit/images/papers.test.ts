import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { billOfMaterials } from "../../../config/images/bill-of-materials.ts";
import { noticesOf, packageFolders, readPackage } from "../../../config/images/bundled-packages.ts";
import { temporaryDirectory } from "../../support/machine/temporary-directory.ts";

/** A package as npm lays it down. */
function installed(manifest: object, files: Readonly<Record<string, string>>): string {
  const folder = temporaryDirectory("package");
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

test("the packages of a bundle are those that its inputs lie in, nested ones too", () => {
  expect(
    packageFolders([
      "operator/main.ts",
      "node_modules/pg/lib/index.js",
      "node_modules/pg/lib/client.js",
      "node_modules/@aws-sdk/client-s3/dist-es/index.js",
      "node_modules/a/node_modules/b/index.js",
    ]),
  ).toEqual(["node_modules/@aws-sdk/client-s3", "node_modules/a/node_modules/b", "node_modules/pg"]);
});

describe("the licences of an image", () => {
  test("hold every text that a package comes with", async () => {
    const folder = installed(
      { name: "pg", version: "8.0.0", license: "MIT" },
      { "LICENSE.md": "Copyright Ada", NOTICE: "Thanks to Grace", "index.js": "code" },
    );
    mkdirSync(join(folder, "licenses"));
    const text = noticesOf([await readPackage(folder)]);
    expect(text).toMatch(/pg 8\.0\.0, MIT[\s\S]*Copyright Ada[\s\S]*Thanks to Grace/);
    expect(text).not.toContain("code");
  });

  test("say so where a package brings none, and read the old form of package.json", async () => {
    const folder = installed({ name: "old", version: "1.0.0", license: { type: "BSD-3-Clause" } }, {});
    expect(noticesOf([await readPackage(folder)])).toMatch(
      /old 1\.0\.0, BSD-3-Clause[\s\S]*comes without the text of its licence/,
    );
  });
});

describe("the bill of materials of an image", () => {
  const component = (name: string) => ({ "bom-ref": `${name}@1.0.0`, type: "library", name, version: "1.0.0" });
  const npmBill = JSON.stringify({
    bomFormat: "CycloneDX",
    specVersion: "1.5",
    serialNumber: "urn:uuid:1",
    metadata: { timestamp: "2026-01-01T00:00:00Z" },
    components: [component("a"), component("b"), component("only-for-tests")],
    dependencies: [{ ref: "a@1.0.0", dependsOn: ["b@1.0.0", "only-for-tests@1.0.0"] }],
  });
  const image = { name: "kelt-task", version: "0.1.0" };
  const bundled = (name: string) => ({ name, version: "1.0.0", license: "MIT", texts: [] });
  const node = {
    type: "application",
    name: "node",
    version: "24.0.0",
    license: "MIT",
    purl: "pkg:generic/node@24.0.0",
  } as const;

  test("names what lies in the image and nothing else", () => {
    const bill = JSON.parse(billOfMaterials(image, npmBill, [bundled("a"), bundled("b")], [node]));
    expect(bill.components.map(({ name }: { name: string }) => name)).toEqual(["a", "b", "node"]);
    expect(bill.dependencies).toEqual([{ ref: "a@1.0.0", dependsOn: ["b@1.0.0"] }]);
    expect(bill.metadata).toEqual({ component: { type: "container", "bom-ref": "kelt-task", ...image } });
    expect(bill.serialNumber).toBeUndefined();
  });

  test("is refused where it would leave a package out", () => {
    expect(() => billOfMaterials(image, npmBill, [bundled("a"), bundled("unknown")], [])).toThrow("unknown@1.0.0");
  });
});
