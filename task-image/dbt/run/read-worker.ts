import { parentPort } from "node:worker_threads";
import { readSelected, type SelectedRequest } from "./read-selected.ts";

/** The thread in which a project is read: whatever its files make it compute, the process can still be stopped. */
parentPort?.once("message", (wanted: SelectedRequest) => parentPort?.postMessage(readSelected(wanted)));
