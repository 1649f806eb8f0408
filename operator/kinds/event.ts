import type { KindEntry } from "./kind.ts";
import type { Event as EventObject } from "./objects.ts";
import { freeze, projectMetadata } from "./projecting.ts";

export const Event = {
  resource: { group: "events.k8s.io", version: "v1", plural: "events" },
  rights: [
    // list: why a Job makes no pod, or a pod no container, stands nowhere else; asked for only when that lasts.
    { verbs: ["list", "create"] },
  ],
  project: (event: EventObject): EventObject => freeze({ metadata: projectMetadata(event) }),
} as const satisfies KindEntry<EventObject>;
