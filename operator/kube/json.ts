/** What JSON.parse can return. */
export type Json = null | boolean | number | string | readonly Json[] | JsonObject;

export interface JsonObject {
  readonly [key: string]: Json;
}

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * A body as Go writes JSON: the API server stores data that it does not know as it came, escapes these characters when it reads it
 * back for a patch, and would take that for a change. https://pkg.go.dev/encoding/json#HTMLEscape
 */
export function wireJson(body: unknown): string {
  return JSON.stringify(body).replace(/[<>&\u2028\u2029]/g, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}
