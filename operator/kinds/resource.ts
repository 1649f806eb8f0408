import { GROUP, VERSION } from "../api/metadata.ts";

/** Where the objects of a kind live in the API. All of them are namespaced. */
export interface Resource {
  readonly group: string;
  readonly version: string;
  readonly plural: string;
}

/** Where a kind of kelt.dev lives. */
export function ownResource({ plural }: { readonly plural: string }): Resource {
  return { group: GROUP, version: VERSION, plural };
}
