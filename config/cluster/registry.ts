/** Registries by the name that stands in an image reference. */
const PROBES = {
  "docker.io": "https://registry-1.docker.io/v2/",
  "gcr.io": "https://gcr.io/v2/",
} as const;
export type Registry = keyof typeof PROBES;

/**
 * Whether a registry of container images answers within the time limit (milliseconds). The API's root answers 200 or, without
 * a login, 401: https://github.com/opencontainers/distribution-spec/blob/main/spec.md#endpoints
 */
export async function isReachable(registry: Registry, timeout = 4000): Promise<boolean> {
  try {
    const answer = await fetch(PROBES[registry], { signal: AbortSignal.timeout(timeout), redirect: "manual" });
    await answer.body?.cancel();
    return answer.status === 200 || answer.status === 401;
  } catch {
    return false;
  }
}
