import { CONNECTION } from "../api/kinds/connection.ts";
import type { KindEntry } from "./kind.ts";
import type { CustomObject } from "./objects.ts";
import { projectCustom } from "./projecting.ts";
import { ownResource } from "./resource.ts";

export const Connection = {
  resource: ownResource(CONNECTION),
  rights: [
    // get: those that a Pipeline names when a run of it begins, where the cache may lag behind.
    { verbs: ["get", "list", "watch"] },
    // What the test of a connection found.
    { subresource: "status", verbs: ["patch"] },
  ],
  project: projectCustom,
  watch: { store: "connections", indexes: {} },
  decidedBy: ["Job", "Pod"],
} as const satisfies KindEntry<CustomObject>;
