import { LABEL, type ObjectMeta } from "./metadata.ts";
import { unitKey } from "./packing.ts";

/** The node in the labels of a Job or Pod, with the unit where it is a part of a packed one. */
export function nodeIn({ labels = {} }: Pick<ObjectMeta, "labels">): string | undefined {
  const { [LABEL.node]: node, [LABEL.unit]: unit } = labels;
  return node === undefined || unit === undefined ? node : unitKey(node, unit);
}
