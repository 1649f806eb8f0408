/** Whether a path stays inside the folder or volume that it is written for. */
export function isInside(path: string): boolean {
  return !(path.startsWith("/") || path.split("/").includes(".."));
}

/** What is said of a path that does not. */
export function outside(path: string, what = "the volume"): string {
  return `expected a path inside ${what}, without a leading slash and .., found ${path}`;
}
