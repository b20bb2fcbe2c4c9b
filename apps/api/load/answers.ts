// What a right answer is, for k6 and for the Node driver. Imports nothing.

/** Whether a body is the whole answer of POST /predict_ctr: one key, a CTR in [0.0001, 1]. */
export function isPrediction(body: string): boolean {
  const answer = parsed(body);
  return isCtr(answer?.predicted_ctr) && Object.keys(answer ?? {}).length === 1;
}

/** Whether a body is an answer of POST /explain whose parts add up to its prediction. */
export function isExplanation(body: string): boolean {
  const answer = parsed(body);
  if (answer === undefined || !isCtr(answer.predicted_ctr)) return false;
  const { base_value: base, calibration = 0, contributions, unrounded_ctr: ctr } = answer;
  if (typeof contributions !== 'object' || contributions === null) return false;
  const parts = [base, calibration, ...Object.values(contributions)] as number[];
  const sum = parts.reduce((total, part) => total + part, 0);
  return Math.abs(sum - (ctr as number)) < 1e-9;
}

/** Whether a body is an answer of a route of decisions: by a model, and with what it takes for granted. */
export function isDecision(body: string): boolean {
  const { model_version: version, assumptions } = parsed(body) ?? {};
  return typeof version === 'string' && Array.isArray(assumptions) && assumptions.length > 0;
}

/** Whether a body is a batch answer with `ok` predictions and `failed` errors, in this number. */
export function isBatch(body: string, ok: number, failed: number): boolean {
  const answer = parsed(body);
  const outcomes = answer?.predictions;
  if (!Array.isArray(outcomes) || outcomes.length !== ok + failed) return false;
  const predicted = outcomes.filter((outcome) => isPrediction(JSON.stringify(outcome)));
  return answer?.ok === ok && answer.failed === failed && predicted.length === ok;
}

/** Whether a body is a problem of the service's catalogue with this code. */
export function isProblem(body: string, code: string): boolean {
  const answer = parsed(body);
  return answer?.code === code && typeof answer.title === 'string';
}

/** Whether an answer refuses as an overloaded service may: 503 OVERLOADED, and when to come again. */
export function isRefusal(status: number, body: string, retryAfter: string | undefined): boolean {
  return status === 503 && isProblem(body, 'OVERLOADED') && /^[1-9]\d*$/.test(retryAfter ?? '');
}

function isCtr(value: unknown): boolean {
  return typeof value === 'number' && value >= 0.0001 && value <= 1;
}

function parsed(body: string): Record<string, unknown> | undefined {
  try {
    const answer: unknown = JSON.parse(body);
    return typeof answer === 'object' && answer !== null
      ? (answer as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
