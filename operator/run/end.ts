import type { Reason } from "../api/reasons.ts";
import type { Decision } from "./decide.ts";
import type { Verdict } from "./verdict.ts";

/** The end of a run that did not succeed. */
export function end(reason: Reason, message: string, nodes: Verdict["nodes"] = {}): Decision {
  return { verdict: { succeeded: "False", reason, message, nodes }, actions: [] };
}
