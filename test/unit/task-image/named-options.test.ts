import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { z } from "zod";
import { ConnectionSpec } from "../../../operator/api/connection.ts";
import { Extract } from "../../../operator/api/extract.ts";
import { Load } from "../../../operator/api/load.ts";
import { PipelineNode, PipelineSpec } from "../../../operator/api/pipeline.ts";
import { PipelineRunSpec } from "../../../operator/api/pipeline-run.ts";
import { ProjectSource } from "../../../operator/api/project-source.ts";
import { Transform } from "../../../operator/api/transform.ts";

const ANY = "*";
const { http, postgres, s3, redshift, snowflake } = ConnectionSpec.shape;
const { git } = ProjectSource.shape;
/** What fields begin with in messages: a verb, a part of one, a kind of connection or project, or the object itself. */
const ROOTS: Readonly<Record<string, readonly z.ZodType[]>> = {
  load: [Load],
  extract: [Extract],
  transform: [Transform],
  from: [Load.shape.from, Extract.shape.from],
  to: [Load.shape.to, Extract.shape.to],
  ...{ http: [http], postgres: [postgres], s3: [s3], redshift: [redshift], snowflake: [snowflake], git: [git] },
  spec: [PipelineSpec, PipelineRunSpec, ConnectionSpec],
  resources: [PipelineNode.shape.resources],
};
const FOLDER = join(import.meta.dirname, "../../../task-image");
/** A field as a message names it, from its root on. What a template puts in is any name. */
const FIELD = new RegExp(
  `(?<![\\w./*-])(?:${Object.keys(ROOTS).join("|")})(?:\\.(?:[A-Za-z_][A-Za-z0-9_]*|\\*))+`,
  "g",
);
const LITERAL = /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`/g;

/** Fields that messages and descriptions in code name, each with its file. */
function namedFields(): readonly (readonly [field: string, file: string])[] {
  const files = readdirSync(FOLDER, { recursive: true, encoding: "utf8" }).filter((path) => path.endsWith(".ts"));
  return files.flatMap((path) => {
    const code = readFileSync(join(FOLDER, path), "utf8").replace(/^import .*$/gm, "");
    const texts = (code.match(LITERAL) ?? [])
      .filter((text) => text.includes(" "))
      .map((text) => text.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, ANY));
    return texts.flatMap((text) => (text.match(FIELD) ?? []).map((field) => [field, path] as const));
  });
}

/** Whether a manifest can have the field. */
function exists(field: string): boolean {
  const [root = "", ...names] = field.split(".");
  return (ROOTS[root] ?? []).some((schema) => hasPath(schema, names));
}

function hasPath(schema: z.ZodType, [name, ...rest]: readonly string[]): boolean {
  if (name === undefined) return true;
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) {
    return hasPath(schema.unwrap() as z.ZodType, [name, ...rest]);
  }
  if (schema instanceof z.ZodRecord) return hasPath(schema.valueType as z.ZodType, rest);
  if (!(schema instanceof z.ZodObject)) return false;
  const members = Object.entries(schema.shape as Record<string, z.ZodType>);
  return members.some(([own, member]) => (name === ANY || own === name) && hasPath(member, rest));
}

test("every field that a message of the task image names is one that a manifest can have", () => {
  const named = namedFields();
  expect(named.length).toBeGreaterThan(50);
  expect(named.filter(([field]) => !exists(field))).toEqual([]);
});

test("a field that no manifest can have is found", () => {
  expect(["load.from.format.csv.quote", "load.columns.films", "load.rejects.max"].map(exists)).toEqual([
    true,
    true,
    true,
  ]);
  expect(["from.http.paging.end.noList", "spec.logValues", "postgres.sslMode", "transform.select"].map(exists)).toEqual(
    [true, true, true, true],
  );
  const unknown = ["load.from.format.csv.qoute", "load.reject", "extract.to.folder", "http.url", "spec.showValues"];
  expect(unknown.filter(exists)).toEqual([]);
});
