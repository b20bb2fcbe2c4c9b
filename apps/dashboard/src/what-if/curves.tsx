import { useDeferredValue, useMemo } from 'react';
import type { CurveQuestion } from './asking.js';
import { wordPlaces } from './columns.js';
import { CurvePanel, type Line } from './curve.js';
import { useAsked, type Running } from './running.js';
import { EXPOSURE, withValue, type Scenario, type SideOf } from './scenario.js';
import { isNumber, scaleOf, type Card, type Scale } from './schema.js';
import type { Asking, Change } from './state.js';

/** The curve of each scenario against one number. It follows a slider when there is time, after the figures. */
export function Curves({
  card,
  running,
  asking,
  change,
  sides,
  tells,
}: {
  readonly card: Card;
  readonly running: Running;
  readonly asking: Asking;
  readonly change: Change;
  readonly sides: readonly SideOf[];
  readonly tells: boolean;
}) {
  const { features } = card.schema;
  const numbers = useMemo(() => {
    const places = wordPlaces(card, running);
    return features.filter((feature, f) => isNumber(feature) && !places.has(f));
  }, [card, features, running]);
  const names = [asking.x, 'budget', EXPOSURE, numbers[0]?.name];
  const name = names.find((name) => numbers.some((feature) => feature.name === name));
  const place = features.findIndex((feature) => feature.name === name);
  const scale = useMemo(() => (place < 0 ? undefined : scaleOf(card, place)), [card, place]);
  const shared = { running, scale, name, level: asking.level, tells };
  const a = useCurve('a', sides[0].scenario, shared);
  const b = useCurve('b', sides[1]?.scenario, shared);
  if (name === undefined || scale === undefined) return null;
  const lines = sides.flatMap(({ id, name: title, record }, i): Line[] => {
    const curve = [a, b][i].value;
    if (curve === undefined) return [];
    const set = (value: number) =>
      change((before) => ({ [id]: withValue(before[id] ?? {}, name, value) }));
    return [{ name: title, curve, at: record[name] as number | undefined, set }];
  });
  return (
    <CurvePanel
      {...{ features: numbers, feature: features[place], scale, lines }}
      isTold={card.training?.ranges?.[name]?.minimum !== undefined}
      isOld={a.isOld || b.isOld}
      onFeature={(x) => change(() => ({ x }))}
    />
  );
}

function useCurve(
  id: string,
  scenario: Scenario | undefined,
  {
    running,
    scale,
    name,
    level,
    tells,
  }: {
    readonly running: Running;
    readonly scale: Scale | undefined;
    readonly name: string | undefined;
    readonly level: number;
    readonly tells: boolean;
  },
) {
  const columns = useDeferredValue(scenario?.given.columns);
  const exposure = useDeferredValue(scenario?.answered.exposure);
  const column = running.forest.schema.features.findIndex((feature) => feature.name === name);
  const isExposure = tells && name === EXPOSURE;
  // Where the moving number itself stands does not matter: its slider leaves the curve as it is.
  const others = columns && JSON.stringify(columns.map((x, c) => (c === column ? 0 : x)).join());
  const fixed = isExposure ? undefined : exposure;
  const question = useMemo((): CurveQuestion | undefined => {
    if (columns === undefined || scale === undefined || column < 0) return undefined;
    const { lowest: from, highest: to, isLog } = scale;
    return {
      ...{ kind: 'curve', columns, level, exposure: fixed },
      ...{ column, isExposure, from, to, isLog },
    };
    // By `others`: not by the columns themselves.
  }, [others, fixed, scale, column, isExposure, level]);
  return useAsked(running, `${id} curve`, question);
}
