import { z } from "zod";
import { exactlyOne, map, object, objectName } from "./fields.ts";
import { connectionKey, schemaName } from "./names.ts";

export const Transform = object("Builds the models of a dbt project, in the order of their references.", {
  connection: connectionKey,
  schema: schemaName("Schema that models are built in; made when missing."),
  project: object(
    "Where the project comes from.",
    {
      configMap: objectName(
        "ConfigMap with one key per file. A folder is written with dots (models.staging.stg_films.sql); a key without one is a model, a file of macros, a properties file or dbt_project.yml by what it holds.",
      ).optional(),
    },
    [exactlyOne(["configMap"])],
  ),
  vars: map(
    "Values for var() in models; they win over dbt_project.yml.",
    z
      .union([z.string().max(1024), z.int()])
      .meta({ description: "A value: text or a whole number.", "x-kubernetes-int-or-string": true }),
    { max: 64, key: z.string().max(63) },
  ).optional(),
});
