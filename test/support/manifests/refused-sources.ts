import type { RefusedManifest } from "./refused-manifest.ts";

type Refused = (title: string, faulty: RefusedManifest["manifest"], local: string, server?: string) => RefusedManifest;
type Pipeline = (spec: string) => RefusedManifest["manifest"];

/** Requests to HTTP APIs and cursors that must be refused, said by the words of `refused-manifests.ts`. */
export function refusedSources(refused: Refused, pipeline: Pipeline, load: string): readonly RefusedManifest[] {
  const http = (request: string, more = "compression: none") =>
    pipeline(
      `nodes: {x: {extract: {from: {connection: source, http: ${request}}, to: {connection: source, key: a.json, ${more}}}}}`,
    );
  const loadOfHttp = (request: string, more: string) =>
    `load: {from: {connection: source, http: ${request}}, to: {connection: warehouse, schema: raw, table: t}, ${more}}`;
  return [
    refused(
      "a key that hides how the object is compressed",
      http("{}", "compression: gzip"),
      "spec.nodes[x].extract.to: a key ends with .gz when compression is gzip, and not otherwise",
    ),
    refused(
      "pages of CSV",
      http("{format: csv, paging: {link: {}}}"),
      "spec.nodes[x].extract.from.http: records, single and paging need the format json",
    ),
    refused(
      "pages in two ways",
      http("{paging: {link: {}, page: {param: p}}}"),
      "spec.nodes[x].extract.from.http.paging: exactly one of page, offset, cursor, link, next must be set",
    ),
    refused("a GET with a body", http('{body: "{}"}'), "spec.nodes[x].extract.from.http: only a POST has a body"),
    refused(
      "parameters in the body of a GET",
      http("{paging: {page: {param: p}, place: body}}"),
      "spec.nodes[x].extract.from.http: paging.place: body needs the method POST",
    ),
    refused(
      "only new files of an HTTP API",
      pipeline(`nodes: {raw: {${loadOfHttp("{}", "mode: append, onlyNew: true")}}}`),
      "spec.nodes[raw].load: onlyNew is for files: set from.files",
    ),
    refused(
      "new records of an HTTP API without a key that tells them apart",
      pipeline(`nodes: {raw: {${loadOfHttp("{incremental: {parameter: since, field: at}}", "mode: append")}}}`),
      "spec.nodes[raw].load: http.incremental needs the mode merge",
    ),
    refused(
      "new records of CSV",
      pipeline(
        `nodes: {raw: {${loadOfHttp("{format: csv, incremental: {parameter: since, field: at}}", "mode: merge, key: [id]")}}}`,
      ),
      "spec.nodes[raw].load.from.http: incremental needs the format json",
    ),
    refused(
      "an HTTP API without a table",
      pipeline(`nodes: {raw: {${loadOfHttp("{}", "mode: append").replace(", table: t", "")}}}`),
      "spec.nodes[raw].load: a query and an HTTP API need to.table",
    ),
    refused(
      "a cursor with two lags",
      pipeline(
        `nodes: {raw: {${load.replace("[films]", "[films], cursor: {column: id, lag: 1h, lagValues: 5}").replace("raw}", "raw}, mode: append")}}}`,
      ),
      "spec.nodes[raw].load.from.cursor: lag and lateness are for a column of times, lagValues for one of numbers: set those of one kind",
    ),
    refused(
      "rows that are read a second time without a key",
      pipeline(
        `nodes: {raw: {${load.replace("[films]", "[films], cursor: {column: at, lateness: 1h}").replace("raw}", "raw}, mode: append")}}}`,
      ),
      "spec.nodes[raw].load: from.cursor.lateness reads rows a second time and needs the mode merge",
    ),
    refused(
      "the last of records without a key",
      pipeline(`nodes: {raw: {${loadOfHttp("{overlap: last}", "mode: append")}}}`),
      "spec.nodes[raw].load: http.overlap needs the mode merge",
    ),
    refused(
      "a status that is no end",
      http("{paging: {page: {param: p}, end: {statuses: [403]}}}"),
      "spec.nodes[x].extract.from.http.paging.end: end.statuses are 204 and those of 400 to 499, without 401, 403, 408, 425, 429",
    ),
    refused(
      "an end by a total that nobody says",
      http("{paging: {page: {param: p}, end: {total: true}}}"),
      "spec.nodes[x].extract.from.http.paging: end.total needs total",
    ),
    refused(
      "pages of one record",
      http("{single: true, paging: {link: {}}}"),
      "spec.nodes[x].extract.from.http: one record has no pages: set single or paging",
      'spec.nodes[x].extract.from.http: Invalid value: "object": one record has no pages: set single or paging',
    ),
    refused(
      "a path whose quotation mark is open",
      http(`{records: 'a."b'}`),
      'spec.nodes[x].extract.from.http.records: expected a path such as meta.next or "@odata.nextLink"',
      "spec.nodes.x.extract.from.http.records in body should match",
    ),
  ];
}
