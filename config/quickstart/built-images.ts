import type { ImageReference } from "../images/app-image.ts";
import type { Machine } from "./machine.ts";
import type { Images } from "./target.ts";

/** The images that no registry has: they have to be brought to the cluster. */
export function builtImages(images: Images, { canPull }: Pick<Machine, "canPull">): readonly ImageReference[] {
  const { operator, task, postgres, versitygw } = images;
  return [operator, task, ...(canPull.postgres ? [] : [postgres]), ...(versitygw === undefined ? [] : [versitygw])];
}
