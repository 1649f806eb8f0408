import type { ObjectKey } from "./kube.ts";

/** `namespace/name`: what queues and stores are keyed by. Neither part can hold a slash. */
export function formatKey({ namespace, name }: ObjectKey): string {
  return `${namespace}/${name}`;
}

/** The opposite of {@link formatKey}. */
export function parseKey(key: string): ObjectKey {
  const [namespace = "", name = ""] = key.split("/");
  return { namespace, name };
}
