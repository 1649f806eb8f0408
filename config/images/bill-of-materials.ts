import { z } from "zod";
import type { BundledPackage } from "./bundled-packages.ts";

/** What `npm sbom --sbom-format cyclonedx` prints, as far as it is used: https://cyclonedx.org/docs/1.5/json/ */
const Bill = z.looseObject({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.string(),
  components: z.array(z.looseObject({ "bom-ref": z.string(), name: z.string(), version: z.string() })),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

/** Something in an image that is no npm package of its bundle. */
export interface Part {
  readonly type: "application" | "library";
  readonly name: string;
  readonly version: string;
  /** SPDX expression, where there is one: the texts of Debian's packages lie below /usr/share/doc. */
  readonly license?: string;
  readonly purl: string;
}

/**
 * The bill of materials of one image, in CycloneDX: npm's own bill of the lockfile, cut to the packages that lie in the bundle, and
 * the parts beside it. Throws where npm does not know a package of the bundle. The same sources give the same bytes: neither time
 * nor serial number stands in it.
 */
export function billOfMaterials(
  image: { readonly name: string; readonly version: string },
  npmBill: string,
  packages: readonly BundledPackage[],
  parts: readonly Part[],
): string {
  const bill = Bill.parse(JSON.parse(npmBill));
  const wanted = new Set(packages.map(({ name, version }) => `${name}@${version}`));
  const components = bill.components.filter(({ name, version }) => wanted.delete(`${name}@${version}`));
  if (wanted.size > 0) throw new Error(`npm's bill of materials does not know ${[...wanted].join(", ")}`);
  const refs = new Set(components.map((component) => component["bom-ref"]));
  const dependencies = bill.dependencies
    .filter(({ ref }) => refs.has(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((other) => refs.has(other)) }));
  const others = parts.map(({ license, purl, ...part }) => ({
    "bom-ref": purl,
    ...part,
    purl,
    ...(license === undefined ? {} : { licenses: [{ expression: license }] }),
  }));
  return `${JSON.stringify(
    {
      $schema: "http://cyclonedx.org/schema/bom-1.5.schema.json",
      bomFormat: bill.bomFormat,
      specVersion: bill.specVersion,
      version: 1,
      metadata: { component: { type: "container", "bom-ref": image.name, ...image } },
      components: [...components, ...others],
      dependencies,
    },
    undefined,
    2,
  )}\n`;
}
