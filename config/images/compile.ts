import { readdir } from "node:fs/promises";
import { flushCompileCache, getCompileCacheDir } from "node:module";

/**
 * Loads every part of the bundle it lies in, so that Node.js keeps their compiled form in NODE_COMPILE_CACHE. Runs once, while
 * the task image is built: https://nodejs.org/docs/latest-v24.x/api/module.html#module-compile-cache
 * Throws where nothing was kept: tasks of such an image would start later, without a visible reason.
 */
const chunks = new URL("chunks/", import.meta.url);
for (const file of await readdir(chunks)) {
  if (file.endsWith(".mjs")) await import(new URL(file, chunks).href);
}
flushCompileCache();
const directory = getCompileCacheDir();
const kept = directory === undefined ? [] : await readdir(directory);
if (kept.length === 0) {
  throw new Error(
    `no compiled code was kept in ${process.env.NODE_COMPILE_CACHE}: user ${process.getuid?.()} must be able to write there`,
  );
}
