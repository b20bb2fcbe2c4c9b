/** What is wrong with one field, as the service tells it. */
export interface ProblemField {
  readonly field: string;
  readonly message: string;
}

/** A refusal in the form of RFC 9457, as far as it is one. */
export interface Problem {
  readonly code?: string;
  readonly title?: string;
  readonly detail?: string;
  readonly errors?: readonly ProblemField[];
  /** Further members, by the problem's own names. */
  readonly [member: string]: unknown;
}

/** The problem that the body of an answer is; of any other body its first words. */
export function problemIn(body: string): Problem {
  try {
    const document: unknown = JSON.parse(body);
    if (typeof document === 'object' && document !== null) return document as Problem;
  } catch {
    // A proxy answers in HTML.
  }
  return body.trim() === '' ? {} : { detail: body.trim().split('\n')[0].slice(0, 200) };
}

/** Fields that are told; the rest is counted. */
const MOST_TOLD = 10;

/** A problem as a sentence, its fields in lines below it. */
export function tellProblem({ title, detail, code, errors = [] }: Problem): string {
  const head = [title ?? code ?? 'refused', detail].filter((part) => part !== undefined);
  const lines = errors.slice(0, MOST_TOLD).map(({ message }) => `  ${message}`);
  if (errors.length > MOST_TOLD) lines.push(`  … and ${errors.length - MOST_TOLD} more`);
  return [head.join(': '), ...lines].join('\n');
}
