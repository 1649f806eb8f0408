import type { CustomKind } from "./kinds/custom-kind.ts";
import { GROUP, VERSION } from "./metadata.ts";
import { type StructuralSchema, structuralSchema } from "./structural-schema.ts";

/** The schema of a whole object of `kind`. */
export function objectSchema(kind: CustomKind): StructuralSchema {
  return {
    type: "object",
    description: kind.description,
    required: ["spec"],
    properties: {
      apiVersion: { type: "string", maxLength: 64, description: `Always ${GROUP}/${VERSION}.` },
      kind: { type: "string", maxLength: 64, description: `Always ${kind.kind}.` },
      // The API server allows no word about metadata here, its description among them.
      metadata: { type: "object" },
      spec: structuralSchema(kind.spec),
      status: structuralSchema(kind.status),
    },
    ...(kind.rules.length === 0 ? {} : { "x-kubernetes-validations": kind.rules }),
  };
}

/** The CustomResourceDefinition of `kind`, as `kubectl apply` takes it. */
export function customResourceDefinition(kind: CustomKind) {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${kind.plural}.${GROUP}` },
    spec: {
      group: GROUP,
      scope: "Namespaced",
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
        shortNames: [kind.shortName],
        categories: ["kelt"],
      },
      versions: [
        {
          name: VERSION,
          served: true,
          storage: true,
          schema: { openAPIV3Schema: objectSchema(kind) },
          subresources: { status: {} },
          additionalPrinterColumns: kind.columns,
          ...(kind.selectable.length === 0
            ? {}
            : { selectableFields: kind.selectable.map((jsonPath) => ({ jsonPath })) }),
        },
      ],
    },
  };
}
