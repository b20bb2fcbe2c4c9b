/*
 * Runs a model beside the page. What is asked first is not always answered first: after every step others
 * get their turn, so that a prediction does not wait for an explanation.
 */
import { Asking, type Background, type Question } from './asking.js';

export type Order =
  | { readonly bytes: Uint8Array; readonly background: Background | undefined }
  | { readonly id: number; readonly question: Question };

export type Report =
  | {
      readonly compiled: ReturnType<Asking['forest']['compiledParts']> | null;
      readonly trees: number;
    }
  | { readonly id: number; readonly answer: unknown }
  | { readonly id: number | null; readonly problem: string };

let asking: Asking | undefined;

/** Lets messages in that came meanwhile; a timer would wait for some milliseconds. */
const turns = new MessageChannel();
const waiting: (() => void)[] = [];
turns.port1.onmessage = () => waiting.shift()?.();
const nextTurn = () =>
  new Promise<void>((resolve) => {
    waiting.push(resolve);
    turns.port2.postMessage(null);
  });

const tell = (report: Report) => postMessage(report);

onmessage = async ({ data }: MessageEvent<Order>) => {
  const id = 'id' in data ? data.id : null;
  try {
    if ('bytes' in data) return load(data.bytes, data.background);
    const steps = asking!.steps(data.question);
    let step = steps.next();
    while (step.done !== true) {
      await nextTurn();
      step = steps.next();
    }
    tell({ id: data.id, answer: step.value });
  } catch (error) {
    tell({ id, problem: error instanceof Error ? error.message : String(error) });
  }
};

/** Compiles the model, which is the longest of it, and hands on what can be: a table. */
function load(bytes: Uint8Array, background: Background | undefined): void {
  asking = Asking.read(bytes, background);
  const { forest } = asking;
  forest.compile();
  const parts = forest.compiledParts();
  tell({ compiled: parts.table === null ? null : parts, trees: forest.trees.length });
}
