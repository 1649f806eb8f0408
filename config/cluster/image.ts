import { attempt, run } from "./command.ts";
import type { Report } from "./report.ts";

/** The label of every image made here: what `npm run down` removes. */
export const MADE_LABEL = "dev.kelt.quickstart=true";
/** Arguments of `docker build` that set it. */
export const MADE_HERE = ["--label", MADE_LABEL] as const;

/** Whether the engine holds the image. */
export async function hasImage(report: Report, reference: string): Promise<boolean> {
  const answer = await attempt(report, "docker", ["image", "inspect", "--format", "{{.Id}}", reference]);
  return answer.code === 0;
}

/** Pulls an image unless the engine holds it; returns whether it had to. */
export async function pullImage(report: Report, reference: string): Promise<boolean> {
  if (await hasImage(report, reference)) return false;
  try {
    await run(report, "docker", ["pull", "--quiet", reference]);
  } catch (error) {
    report.signal.throwIfAborted();
    const way =
      "give the engine the proxy (https://docs.docker.com/engine/daemon/proxy/), or `npm start -- --offline` builds everything";
    throw new Error(
      `this machine reaches the registry of ${reference} and its Docker engine could not pull: ${way}; ${(error as Error).message}`,
    );
  }
  return true;
}

/** Throws where the engine's image of a reference is not the one of its digest, or the reference has none. */
export async function expectDigest(report: Report, reference: string): Promise<void> {
  const wanted = /@(sha256:[0-9a-f]{64})$/.exec(reference)?.[1];
  if (wanted === undefined) throw new Error(`expected a reference that ends with a digest, found ${reference}`);
  const args = ["image", "inspect", "--format", "{{range .RepoDigests}}{{println .}}{{end}}", reference];
  const found = (await run(report, "docker", args)).split("\n").filter((line) => line !== "");
  if (found.some((digest) => digest.endsWith(`@${wanted}`))) return;
  throw new Error(
    `expected the image ${reference}, found ${found.join(" and ") || "one without a digest"}: remove it with docker rmi, and see which mirror the engine pulls from`,
  );
}

/** Makes an image of a file system in a tar file, unless the engine holds it. */
export async function importImage(report: Report, tar: string, reference: string): Promise<void> {
  if (await hasImage(report, reference)) return;
  await run(report, "docker", ["import", "--change", `LABEL ${MADE_LABEL}`, tar, reference]);
}

/** Removes the images of a repository that were made here, but for the one that is in use. */
export async function removeOlderImages(report: Report, repository: string, keep: string): Promise<void> {
  const filters = ["--filter", `label=${MADE_LABEL}`, "--filter", `reference=${repository}`];
  const listed = await run(report, "docker", ["images", ...filters, "--format", "{{.Repository}}:{{.Tag}}"]);
  const older = listed.split("\n").filter((reference) => reference && reference !== keep);
  if (older.length > 0) await attempt(report, "docker", ["rmi", ...older]);
}
