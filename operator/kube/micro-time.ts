/** Kubernetes' MicroTime of a time in milliseconds since 1970: exactly six digits of a second, or the server refuses. */
export function microTime(epochMs: number): string {
  return new Date(epochMs).toISOString().replace("Z", "000Z");
}
