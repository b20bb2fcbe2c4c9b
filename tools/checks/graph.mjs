/*
 * What the files of a project import of each other, read from their sources. Paths are relative to
 * the project's `src`; a file's stage is the folder of `src` that it stands in, or, at the top, the
 * file itself without its ending.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { dirname, normalize } from 'node:path/posix';
import ts from 'typescript';

/** @returns {Map<string, string>} the text of each TypeScript file below a folder, by its path */
export function sourcesIn(folder) {
  const names = readdirSync(folder, { recursive: true }).filter((name) => /\.tsx?$/.test(name));
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** Everything a text imports or exports again: values, types and `import()` alike. */
export function importsOf(text) {
  return ts.preProcessFile(text).importedFiles.map(({ fileName }) => fileName);
}

/**
 * @param {Map<string, string>} sources
 * @returns {{from: string, to: string}[]} each import of one of the files by another
 */
export function ownImports(sources) {
  /** Sources are imported by the name that they have once they are built. */
  const sourceOf = (built) => {
    const source = built.replace(/\.js$/, '.ts');
    return sources.has(`${source}x`) ? `${source}x` : source;
  };
  return Array.from(sources).flatMap(([from, text]) =>
    importsOf(text)
      .filter((name) => name.startsWith('.'))
      .map((name) => ({ from, to: sourceOf(normalize(`${dirname(from)}/${name}`)) })),
  );
}

/** `data/bins.ts` → `data`, `index.ts` → `index` */
export function stageOf(path) {
  return path.split('/')[0].replace(/\.tsx?$/, '');
}

/** `exchange/onnx/read.ts` → `exchange/onnx`; a file at the top stands for itself. */
export function folderOf(path) {
  return path.includes('/') ? dirname(path) : stageOf(path);
}

/**
 * Imports between groups of files.
 * @param {(path: string) => string} groupOf
 * @returns {Map<string, Set<string>>} the other groups that each group imports
 */
export function graphOf(imports, groupOf) {
  const graph = new Map();
  for (const { from, to } of imports) {
    const [group, other] = [groupOf(from), groupOf(to)];
    if (group !== other) graph.set(group, (graph.get(group) ?? new Set()).add(other));
  }
  return graph;
}

/**
 * The knots of a graph: sets of nodes each of which leads to all the others (Tarjan's strongly
 * connected components of more than one node).
 * @param {Map<string, Iterable<string>>} graph
 * @returns {string[][]} sorted
 */
export function knotsOf(graph) {
  const places = new Map();
  const stack = [];
  const knots = [];
  const visit = (node) => {
    const place = places.size;
    places.set(node, place);
    stack.push(node);
    let lowest = place;
    for (const next of graph.get(node) ?? []) {
      if (!places.has(next)) lowest = Math.min(lowest, visit(next));
      else if (stack.includes(next)) lowest = Math.min(lowest, places.get(next));
    }
    if (lowest === place) {
      const knot = stack.splice(stack.indexOf(node));
      if (knot.length > 1) knots.push(knot.sort());
    }
    return lowest;
  };
  for (const node of graph.keys()) if (!places.has(node)) visit(node);
  return knots.sort();
}
