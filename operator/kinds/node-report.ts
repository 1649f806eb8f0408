import { NODE_REPORT } from "../api/kinds/node-report.ts";
import type { KindEntry } from "./kind.ts";
import type { CustomObject } from "./objects.ts";
import { projectCustom } from "./projecting.ts";
import { ownResource } from "./resource.ts";

/** Not watched: the operator alone writes it, and nothing is decided by it. */
export const NodeReport = {
  resource: ownResource(NODE_REPORT),
  rights: [
    // get: what another process has written for the node. delete: pages that the node no longer fills.
    { verbs: ["get", "create", "delete"] },
    { subresource: "status", verbs: ["patch"] },
  ],
  project: projectCustom,
  isDetail: true,
} as const satisfies KindEntry<CustomObject>;
