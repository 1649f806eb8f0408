/** A value as JSON: maps are objects, and integers are numbers. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_, each: unknown) => {
    if (each instanceof Map) return Object.fromEntries(each);
    return typeof each === "bigint" ? Number(each) : each;
  });
}
