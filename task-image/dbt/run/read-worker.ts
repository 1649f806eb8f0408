import { parentPort, workerData } from "node:worker_threads";
import { readSelected, type SelectedRequest } from "./read-selected.ts";

/** The thread in which a project is read: whatever its files make it compute, the process can still be stopped. */
parentPort?.postMessage(readSelected(workerData as SelectedRequest));
