import { z } from "zod";
import { list, map, object, text } from "./fields.ts";

export const Container = object(
  "Runs a container of yours. Exit code 0 is success; 64 and 65 are failures that no retry can mend.",
  {
    image: text("Image; kelt's task image when left out.", { max: 512 }).optional(),
    command: list("Entry point.", z.string().max(4096), { max: 64 }).optional(),
    args: list("Arguments.", z.string().max(4096), { max: 64 }).optional(),
    env: map("Environment variables. They are data, never a place for secrets.", z.string().max(4096), {
      max: 64,
      key: z
        .string()
        .max(128)
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/),
    }).optional(),
  },
);
