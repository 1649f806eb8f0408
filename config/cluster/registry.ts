import { EnvHttpProxyAgent, fetch } from "undici";

/** The API's root of each registry that images are pulled from, by the name that stands in an image reference. */
export const REGISTRIES = {
  "docker.io": "https://registry-1.docker.io/v2/",
  "gcr.io": "https://gcr.io/v2/",
} as const;

/**
 * Whether a registry of container images answers within the time limit (milliseconds), through the proxy of the environment
 * where one is set. The API's root answers 200 or, without a login, 401:
 * https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export async function isReachable(root: string, timeout = 4000): Promise<boolean> {
  const dispatcher = new EnvHttpProxyAgent();
  try {
    const answer = await fetch(root, { signal: AbortSignal.timeout(timeout), redirect: "manual", dispatcher });
    return answer.status === 200 || answer.status === 401;
  } catch {
    return false;
  } finally {
    await dispatcher.destroy();
  }
}
