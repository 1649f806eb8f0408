import { readdir } from "node:fs/promises";

/**
 * Loads every part of the bundle it lies in, so that Node.js keeps their compiled form in NODE_COMPILE_CACHE. Runs once, while
 * the task image is built: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 */
const chunks = new URL("chunks/", import.meta.url);
for (const file of await readdir(chunks)) {
  if (file.endsWith(".mjs")) await import(new URL(file, chunks).href);
}
