import type { z } from "zod";
import { object, quantity } from "./fields.ts";
import { nanosOf } from "./quantity.ts";

export const AMOUNTS = ["cpu", "memory", "ephemeral-storage"] as const;

const ResourceList = object("Amounts of compute.", {
  cpu: quantity("Processors: 2, 500m.").optional(),
  memory: quantity("Memory: 512Mi, 2Gi.").optional(),
  "ephemeral-storage": quantity("Room on the machine's disk, for logs and emptyDir volumes: 10Gi.").optional(),
});

export const Resources = object(
  "Compute of the pods, as in Kubernetes. A node takes from the pipeline, and the pipeline from the installation, each amount that it does not set itself. An installation's request gives way to a lower limit, and its limit to a higher request.",
  { requests: ResourceList.optional(), limits: ResourceList.optional() },
);
export type Resources = z.infer<typeof Resources>;
type Amounts = NonNullable<Resources["requests"]>;

/** Both, amount by amount; what `own` says wins. */
export function mergeResources(own: Resources = {}, base: Resources = {}): Resources {
  return {
    ...mergeAmounts("requests", own, base),
    ...mergeAmounts("limits", own, base),
  };
}

function mergeAmounts(field: "requests" | "limits", own: Resources, base: Resources): Resources {
  if (own[field] === undefined && base[field] === undefined) return {};
  return { [field]: { ...defined(base[field]), ...defined(own[field]) } };
}

/** The same, where `base` may have been chosen without a thought of `own`: it never makes a request that is larger than its limit. */
export function fitResources(own: Resources, base: Resources): Resources {
  const requests: Amounts = { ...base.requests };
  const limits: Amounts = { ...base.limits };
  for (const amount of AMOUNTS) {
    const request = own.requests?.[amount];
    const limit = own.limits?.[amount];
    if (isMore(request, limits[amount])) limits[amount] = request;
    if (isMore(requests[amount], limit)) requests[amount] = limit;
  }
  return mergeResources(own, {
    ...(base.requests === undefined ? {} : { requests }),
    ...(base.limits === undefined ? {} : { limits }),
  });
}

/** Whether both are known and the first is the larger. */
export function isMore(amount: Amounts["cpu"], than: Amounts["cpu"]): boolean {
  return amount !== undefined && than !== undefined && nanosOf(amount) > nanosOf(than);
}

function defined(amounts: Amounts = {}): Amounts {
  return Object.fromEntries(Object.entries(amounts).filter(([, amount]) => amount !== undefined));
}

/** The amounts with the memory of both times factor, so many times over, at most `max`. What is more already stays as it is. */
export function growMemory(
  { requests, limits }: Resources,
  { factor, max }: { readonly factor: number; readonly max: NonNullable<Amounts["memory"]> },
  times: number,
): Resources {
  const growth = BigInt(factor) ** BigInt(times);
  const grow = (amounts: Amounts): Amounts => {
    const { memory } = amounts;
    if (memory === undefined || times === 0 || !isMore(max, memory)) return amounts;
    const nanos = nanosOf(memory) * growth;
    return { ...amounts, memory: nanos < nanosOf(max) ? bytesText(nanos) : max };
  };
  return {
    ...(requests === undefined ? {} : { requests: grow(requests) }),
    ...(limits === undefined ? {} : { limits: grow(limits) }),
  };
}

const NANO = 1_000_000_000n;
const MEBI = 1024n * 1024n;

function bytesText(nanos: bigint): string {
  const bytes = (nanos + NANO - 1n) / NANO;
  return bytes % MEBI === 0n ? `${bytes / MEBI}Mi` : String(bytes);
}
