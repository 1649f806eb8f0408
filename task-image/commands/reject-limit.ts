import { REJECTS_MAX } from "#api/load-rejects.ts";
import type { RejectLimit } from "../postgres/reject-limit.ts";
import type { SpecOf } from "./command.ts";

/** The limit that a load's manifest sets: no row where it says nothing. */
export function rejectLimit({ work }: SpecOf<"load">): RejectLimit {
  const { max, percent } = work.load.rejects ?? {};
  return { max: max ?? (percent === undefined ? 0 : REJECTS_MAX), percent };
}
