import { homedir } from "node:os";
import { join } from "node:path";

/** The clone. */
export const REPOSITORY = new URL("../..", import.meta.url).pathname.replace(/\/$/, "");
/** What belongs to this clone and git ignores: kubeconfig, logs, generated overlays. */
export const STATE = join(REPOSITORY, ".kelt");
export const LOGS = join(STATE, "logs");
/** The one kubeconfig that the quick start and the tests use; the user's own is never written. */
export const KUBECONFIG = join(STATE, "kubeconfig");
/** What took long to build, kept outside the clone: binaries, file systems, packages. Its entries carry their version. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kelt");
/** The tools that were built, under their plain names: a link to the newest directory of them. */
export const TOOLS = join(CACHE, "bin");
