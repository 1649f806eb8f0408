export type Version = readonly [major: number, minor: number, patch: number];

/** The first `N.N` or `N.N.N` in what a program says of itself, such as `kind v0.33.0 go1.26.8 linux/amd64`. */
export function parseVersion(text: string): Version | undefined {
  const found = /(?:^|[^\d.])v?(\d+)\.(\d+)(?:\.(\d+))?/.exec(text);
  return found ? [Number(found[1]), Number(found[2]), Number(found[3] ?? 0)] : undefined;
}

/** Negative when a comes before b, 0 when they are the same. */
export function compareVersions(a: Version, b: Version): number {
  return a[0] - b[0] || a[1] - b[1] || a[2] - b[2];
}

/** Whether `from` <= version < `below`. */
export function isWithin(version: Version, range: { readonly from: string; readonly below: string }): boolean {
  const from = parseVersion(range.from);
  const below = parseVersion(range.below);
  if (!from || !below) throw new Error(`a range of versions expects N.N.N, found ${range.from} and ${range.below}`);
  return compareVersions(version, from) >= 0 && compareVersions(version, below) < 0;
}
