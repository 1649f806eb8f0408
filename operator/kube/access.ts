import type { Right, Verb } from "../kinds/kind.ts";
import { KINDS, type Kind } from "../kinds/kinds.ts";
import { ApiError } from "./api-error.ts";

export interface Grant extends Right {
  readonly kind: Kind;
}

/**
 * Every verb that the operator uses, as the entries of the kinds say with their reasons. The port refuses what is not here and the chart's
 * roles are generated from it, so that code and rights cannot differ. No Secrets and no ConfigMaps: the kubelet mounts them into the Jobs.
 */
export const ACCESS: readonly Grant[] = Object.entries(KINDS).flatMap(([kind, { rights }]) =>
  rights.map((right) => ({ kind: kind as Kind, ...right })),
);

/** One call as the access table sees it. */
export interface ApiCall {
  readonly verb: Verb;
  readonly kind: Kind;
  readonly subresource?: string | undefined;
}

export function resourceName(kind: Kind, subresource?: string): string {
  return subresource === undefined ? KINDS[kind].resource.plural : `${KINDS[kind].resource.plural}/${subresource}`;
}

/** Throws an {@link ApiError} with status 403 when the table does not grant the call. */
export function assertGranted(access: readonly Grant[], { verb, kind, subresource }: ApiCall): void {
  const granted = access.some(
    (grant) => grant.kind === kind && grant.subresource === subresource && grant.verbs.includes(verb),
  );
  if (granted) return;
  throw new ApiError(
    "the operator's access table does not grant this; add it to the rights of the kind in operator/kinds if it must",
    {
      status: 403,
      reason: "NotGranted",
      verb,
      resource: resourceName(kind, subresource),
    },
  );
}
