import { Rendering } from "../jinja/running/rendering.ts";
import type { CompiledModel } from "../models/model.ts";
import type { CompiledProject } from "../models/project.ts";

/** A compiled project as it goes from one thread to another: threads exchange data, not objects with methods. */
export type ProjectMessage =
  | { readonly models: readonly ModelMessage[] }
  | { readonly problems: NonNullable<CompiledProject["problems"]> };
type ModelMessage = Omit<CompiledModel, "sql"> & {
  readonly text: string;
  readonly spans: ReturnType<Rendering["spans"]>;
};

/** What the thread says: the file that it works on, and in the end the whole project. */
export type FromProjectWorker = { readonly at: string } | { readonly project: ProjectMessage };

export function toMessage({ models, problems }: CompiledProject): ProjectMessage {
  if (models === undefined) return { problems };
  return { models: models.map(({ sql, ...model }) => ({ ...model, text: sql.text, spans: sql.spans() })) };
}

export function fromMessage(message: ProjectMessage): CompiledProject {
  if ("problems" in message) return message;
  return { models: message.models.map(({ text, spans, ...model }) => ({ ...model, sql: new Rendering(text, spans) })) };
}
