import type { KindEntry } from "./kind.ts";
import type { Lease as LeaseObject } from "./objects.ts";
import { freeze, pick, projectMetadata } from "./projecting.ts";

export const Lease = {
  resource: { group: "coordination.k8s.io", version: "v1", plural: "leases" },
  rights: [{ verbs: ["get", "create", "patch"] }],
  ownNamespace: true,
  project: (lease: LeaseObject): LeaseObject => freeze({ metadata: projectMetadata(lease), ...pick(lease, ["spec"]) }),
} as const satisfies KindEntry<LeaseObject>;
