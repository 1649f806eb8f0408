import { readFileSync } from "node:fs";

const POSTS = readFileSync(new URL("posts.json", import.meta.url), "utf8");

/** GET /posts answers all of them in one list. */
export function answer({ pathname }: URL): string | undefined {
  return pathname === "/posts" ? POSTS : undefined;
}
