import { parentPort } from "node:worker_threads";
import { compileProject, type ProjectInput } from "../models/project.ts";
import { type FromProjectWorker, toMessage } from "./project-message.ts";

/** The thread in which a project is read and rendered: whatever its files make it compute, the process can still be stopped. */
const send = (message: FromProjectWorker) => parentPort?.postMessage(message);
parentPort?.once("message", (input: ProjectInput) => {
  const work = compileProject(input);
  for (;;) {
    const { done, value } = work.next();
    if (done === true) {
      send({ project: toMessage(value) });
      break;
    }
    send({ at: value });
  }
});
