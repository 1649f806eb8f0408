import type { PipelineNode, PipelineSpec } from "../api/pipeline.ts";
import { amountProblem, nanosOf, type Quantity } from "../api/quantity.ts";
import { AMOUNTS, isMore, mergeResources, type Resources } from "../api/resources.ts";
import type { Problem } from "./problem.ts";

type Path = Problem["path"];
type Amount = (typeof AMOUNTS)[number];

/** Amounts of compute that no machine has, limits of nothing, and requests above their limits: the API server refuses Jobs with these. */
export function findComputeProblems(spec: PipelineSpec): Problem[] {
  return [
    ...problemsOf(spec.resources, {}, ["spec", "resources"]),
    ...Object.entries(spec.nodes).flatMap(([name, { resources }]: [string, PipelineNode]) =>
      problemsOf(resources, spec.resources, ["spec", "nodes", name, "resources"]),
    ),
  ];
}

/** What is wrong with `own`, or with it together with what it takes from `base`. */
function problemsOf(own: Resources = {}, base: Resources | undefined, at: Path): Problem[] {
  const merged = mergeResources(own, base);
  return AMOUNTS.flatMap((amount) => {
    const wrong = (["requests", "limits"] as const).flatMap((field) =>
      amountProblems(field, amount, own[field]?.[amount], [...at, field, amount]),
    );
    return wrong.length > 0 ? wrong : contradiction(amount, { own, merged, at });
  });
}

function amountProblems(
  field: "requests" | "limits",
  what: Amount,
  amount: Quantity | undefined,
  path: Path,
): Problem[] {
  if (amount === undefined) return [];
  const none = field === "limits" && nanosOf(amount) === 0n ? `expected more than 0, found ${amount}` : undefined;
  const message = none ?? amountProblem(what, amount);
  return message === undefined ? [] : [{ reason: "InvalidSpec", path, message }];
}

function contradiction(
  amount: Amount,
  { own, merged, at }: { readonly own: Resources; readonly merged: Resources; readonly at: Path },
): Problem[] {
  const [request, limit] = [merged.requests?.[amount], merged.limits?.[amount]];
  const ownRequest = own.requests?.[amount];
  const ownLimit = own.limits?.[amount];
  if ((ownRequest ?? ownLimit) === undefined || !isMore(request, limit)) return [];
  const place = (isOwn: boolean) => (isOwn ? "" : " of spec.resources");
  const message = `a request of ${request}${place(ownRequest !== undefined)} is more than the limit of ${limit}${place(ownLimit !== undefined)}`;
  const field = ownRequest === undefined ? "limits" : "requests";
  return [{ reason: "InvalidSpec", path: [...at, field, amount], message }];
}
